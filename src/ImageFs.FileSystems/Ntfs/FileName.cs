using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace ImageFs.FileSystems.Ntfs;

/// <summary>Which rules a name was made by (linux-ntfs, $FILE_NAME).</summary>
internal enum NameSpace : byte
{
    /// <summary>Any name; case counts.</summary>
    Posix = 0,

    /// <summary>A long name, which has another of DOS beside it.</summary>
    Windows = 1,

    /// <summary>The short name of a file that has a long one.</summary>
    Dos = 2,

    /// <summary>A name that is one of DOS as it is.</summary>
    WindowsAndDos = 3,
}

/// <summary>A name of a file: an attribute, and the key of its entry in a directory (linux-ntfs, $FILE_NAME).</summary>
/// <param name="bytes">All of it; <see cref="IsWhole"/> is asked first.</param>
internal readonly ref struct FileName(ReadOnlySpan<byte> bytes)
{
    /// <summary>Units of the longest one.</summary>
    public const int MaxUnits = byte.MaxValue;

    private const int HeadLength = 0x42;

    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>Whether its bytes are all there.</summary>
    public bool IsWhole => _bytes.Length >= HeadLength && _bytes.Length >= HeadLength + (_bytes[64] * sizeof(char));

    /// <summary>The directory that it is in.</summary>
    public FileReference Parent => new(_bytes);

    /// <summary>Attributes of the file, as of when the name was last written.</summary>
    public FileAttributes Attributes => (FileAttributes)BinaryPrimitives.ReadUInt32LittleEndian(_bytes[56..]);

    public NameSpace NameSpace => (NameSpace)_bytes[65];

    /// <summary>The name in UTF-16.</summary>
    public ReadOnlySpan<char> Name => MemoryMarshal.Cast<byte, char>(_bytes.Slice(HeadLength, _bytes[64] * sizeof(char)));
}

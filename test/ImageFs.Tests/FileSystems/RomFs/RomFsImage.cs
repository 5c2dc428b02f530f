using System.Buffers.Binary;
using System.Text;
using ImageFs.FileSystems.RomFs;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.RomFs;

/// <summary>A romfs volume, written header by header as romfs.rst has it.</summary>
internal sealed class RomFsImage
{
    public const uint HardLink = 0;
    public const uint Directory = 1;
    public const uint File = 2;
    public const uint SymbolicLink = 3;
    public const uint BlockDevice = 4;
    public const uint Fifo = 7;
    public const uint Executable = 8;

    private const int Size = 16 << 10;

    private int _end;

    /// <summary>Makes it with a root directory, whose first entry is itself.</summary>
    public RomFsImage(string label = "a label")
    {
        "-rom1fs-"u8.CopyTo(Bytes);
        Encoding.UTF8.GetBytes(label, Bytes.AsSpan(16));
        _end = Align(16 + label.Length + 1);
        Root = Add(".", Directory | Executable, (uint)_end);
    }

    /// <summary>Its bytes.</summary>
    public byte[] Bytes { get; } = new byte[Size];

    /// <summary>Where the header of the root directory is.</summary>
    public int Root { get; }

    /// <summary>Adds a header, a name and contents.</summary>
    /// <returns>Where the header is.</returns>
    public int Add(string name, uint type, uint target, string contents = "", int previous = 0)
    {
        int at = _end;
        Put(at, type);
        Put(at + 4, target);
        Put(at + 8, (uint)contents.Length);
        int start = at + 16 + Encoding.UTF8.GetBytes(name, Bytes.AsSpan(at + 16));
        _end = Align(start + 1);
        Sum(at, _end);
        _end = Align(_end + Encoding.UTF8.GetBytes(contents, Bytes.AsSpan(_end)));
        if (previous > 0)
        {
            Change(previous, 0, (Get(previous) & 15) | (uint)at);
        }

        return at;
    }

    /// <summary>Changes a number of a header, which has the right checksum then.</summary>
    public void Change(int header, int offset, uint value)
    {
        Put(header + offset, value);
        Sum(header, Align(header + 16 + Bytes.AsSpan(header + 16).IndexOf((byte)0) + 1));
    }

    /// <summary>A number of 32 bits.</summary>
    public uint Get(int at) => BinaryPrimitives.ReadUInt32BigEndian(Bytes.AsSpan(at));

    /// <summary>Writes a number of 32 bits.</summary>
    public void Put(int at, uint value) => BinaryPrimitives.WriteUInt32BigEndian(Bytes.AsSpan(at), value);

    /// <summary>Writes the length and the checksum of the first header.</summary>
    public byte[] Finish()
    {
        Put(8, (uint)_end);
        Put(12, 0);
        Put(12, unchecked(0 - FileHeader.Sum(Bytes.AsSpan(0, Math.Min(512, _end)))));
        return Bytes;
    }

    /// <summary>Opens it.</summary>
    public FileSystem Open() => new RomFsFormat().Open(new MemorySource(Finish()), new OpenContext());

    private static int Align(int value) => (value + 15) & ~15;

    private void Sum(int at, int end)
    {
        Put(at + 12, 0);
        Put(at + 12, unchecked(0 - FileHeader.Sum(Bytes.AsSpan(at, end - at))));
    }
}

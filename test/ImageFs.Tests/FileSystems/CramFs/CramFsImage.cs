using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using System.Text;
using ImageFs.FileSystems.CramFs;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.CramFs;

/// <summary>How the blocks of a file are stored.</summary>
internal enum Stored
{
    /// <summary>Compressed, one after the other: what mkfs.cramfs writes.</summary>
    Compressed,

    /// <summary>As they are, one after the other.</summary>
    Plain,

    /// <summary>As they are, each where its pointer says.</summary>
    PlainDirect,

    /// <summary>Compressed, with a length in front, each where its pointer says.</summary>
    CompressedDirect,

    /// <summary>Each of the four ways by turns.</summary>
    Mixed,
}

/// <summary>A cramfs volume with a root directory of files, written as cramfs_fs.h and Linux's reader have it, in either byte order.</summary>
internal sealed class CramFsImage(bool isBigEndian, int start = 0, int blockSize = 4096)
{
    public const int Root = 64;

    private const uint Uncompressed = 1u << 31;
    private const uint Direct = 1 << 30;

    private readonly List<(string Name, int Mode, uint Size, byte[] Data, Stored Stored)> _files = [];
    private readonly List<byte> _bytes = [];

    /// <summary>Where the entry of each file is.</summary>
    public Dictionary<string, int> Entries { get; } = [];

    /// <summary>Where the pointers of each file are.</summary>
    public Dictionary<string, int> Pointers { get; } = [];

    /// <summary>The features that the super block says.</summary>
    public uint Flags { get; set; } = 0x903;

    /// <summary>Adds a file; blocks of zeros are holes.</summary>
    public CramFsImage Add(string name, byte[] data, Stored stored = Stored.Compressed, int mode = 0x81A4)
    {
        _files.Add((name, mode, (uint)data.Length, data, stored));
        return this;
    }

    /// <summary>Adds a device.</summary>
    public CramFsImage AddDevice(string name, int mode, uint number)
    {
        _files.Add((name, mode, number, [], Stored.Compressed));
        return this;
    }

    /// <summary>Writes it.</summary>
    public byte[] Finish()
    {
        _bytes.Clear();
        _bytes.AddRange(new byte[start + Root + 12]);
        int directory = _bytes.Count;
        foreach ((string name, int mode, uint size, _, _) in _files)
        {
            Entries[name] = _bytes.Count;
            byte[] text = Encoding.UTF8.GetBytes(name);
            int length = (text.Length + 3) / 4;
            _bytes.AddRange(new byte[12 + (length * 4)]);
            PutInode(Entries[name], mode, 1000, size, 100, length, 0);
            Set(Entries[name] + 12, text);
        }

        int end = _bytes.Count;
        PutInode(start + Root, 0x41ED, 0, (uint)(end - directory), 0, 0, end == directory ? 0 : directory);
        foreach ((string name, int mode, uint size, byte[] data, Stored stored) in _files.Where(file => file.Data.Length > 0))
        {
            Pointers[name] = _bytes.Count;
            byte[] text = Encoding.UTF8.GetBytes(name);
            PutInode(Entries[name], mode, 1000, size, 100, (text.Length + 3) / 4, _bytes.Count);
            PutBlocks(data, stored);
        }

        PutSuperBlock();
        return [.. _bytes];
    }

    /// <summary>Opens what was written.</summary>
    public static FileSystem Open(byte[] bytes, string options = "") => new CramFsFormat().Open(new MemorySource(bytes), OpenContext.Of(options));

    /// <summary>Writes the checksum anew.</summary>
    public void Sum(byte[] bytes)
    {
        bytes.AsSpan(start + 32, 4).Clear();
        Write(bytes.AsSpan(start + 32), Crc32.HashToUInt32(bytes.AsSpan(start)));
    }

    /// <summary>Writes a number of 32 bits in the order of the image.</summary>
    public void Write(Span<byte> bytes, uint value)
    {
        if (isBigEndian)
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        }
        else
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        }
    }

    private void PutBlocks(byte[] data, Stored way)
    {
        int count = (data.Length + blockSize - 1) / blockSize;
        int pointers = _bytes.Count;
        _bytes.AddRange(new byte[count * 4]);
        for (int i = 0; i < count; i++)
        {
            byte[] block = data[(i * blockSize)..Math.Min(data.Length, (i + 1) * blockSize)];
            Stored stored = way == Stored.Mixed ? (Stored)(i % 4) : way;
            bool isDirect = stored is Stored.PlainDirect or Stored.CompressedDirect;
            bool isPlain = stored is Stored.Plain or Stored.PlainDirect;

            // The block before a direct one leads nowhere, and the one after it begins at its end.
            while (isDirect && _bytes.Count % 4 != 0)
            {
                _bytes.Add(0xEE);
            }

            int at = _bytes.Count;
            if (block.AsSpan().ContainsAnyExcept((byte)0) || isDirect)
            {
                byte[] encoded = isPlain ? block : Compress(block);
                if (stored == Stored.CompressedDirect)
                {
                    byte[] length = [(byte)(encoded.Length & 0xFF), (byte)(encoded.Length >> 8)];
                    _bytes.AddRange(isBigEndian ? [length[1], length[0]] : length);
                }

                _bytes.AddRange(encoded);
            }

            Put(pointers + (i * 4), (isDirect ? Direct | (uint)(at / 4) : (uint)_bytes.Count) | (isPlain ? Uncompressed : 0));
        }

        while (_bytes.Count % 4 != 0)
        {
            _bytes.Add(0);
        }
    }

    private static byte[] Compress(byte[] block)
    {
        using var stream = new MemoryStream();
        using (var zlib = new ZLibStream(stream, CompressionLevel.SmallestSize))
        {
            zlib.Write(block);
        }

        return stream.ToArray();
    }

    private void PutSuperBlock()
    {
        uint[] words = [0x28CD3D45, (uint)_bytes.Count, Flags, 0];
        for (int i = 0; i < words.Length; i++)
        {
            Put(start + (i * 4), words[i]);
        }

        Set(start + 16, "Compressed ROMFS"u8);
        Put(start + 36, 7);
        Put(start + 40, (uint)_files.Sum(file => (file.Data.Length + blockSize - 1) / blockSize));
        Put(start + 44, (uint)_files.Count + 1);
        Set(start + 48, "a name"u8);
        byte[] bytes = [.. _bytes];
        Sum(bytes);
        Set(start + 32, bytes.AsSpan(start + 32, 4));
    }

    // Bit fields begin at the end of the word that the byte order begins at.
    private void PutInode(int at, int mode, uint user, uint size, uint group, int nameUnits, int offset)
    {
        Put(at, isBigEndian ? ((uint)mode << 16) | user : (uint)mode | (user << 16));
        Put(at + 4, isBigEndian ? (size << 8) | group : size | (group << 24));
        Put(at + 8, isBigEndian ? ((uint)nameUnits << 26) | (uint)(offset / 4) : (uint)nameUnits | ((uint)(offset / 4) << 6));
    }

    private void Put(int at, uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        Write(bytes, value);
        Set(at, bytes);
    }

    private void Set(int at, ReadOnlySpan<byte> bytes)
    {
        for (int i = 0; i < bytes.Length; i++)
        {
            _bytes[at + i] = bytes[i];
        }
    }
}

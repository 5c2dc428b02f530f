using System.Buffers.Binary;
using System.Globalization;
using System.IO.Hashing;
using ImageFs.Storage.Checking;

namespace ImageFs.Storage.Containers.Partclone;

/// <summary>Adds up the blocks of an image, which lie one after the other with their checksums between them.</summary>
/// <param name="file">The file.</param>
/// <param name="header">Its header.</param>
/// <param name="used">Blocks that are there.</param>
internal sealed class BlockChecks(BlockSource file, PartcloneHeader header, long used)
{
    private const int PieceLength = 1 << 20;

    private readonly byte[] _piece = new byte[Math.Max(PieceLength, header.BlockSize)];
    private Crc32 _crc = new();
    private XxHash64 _hash = new();

    /// <summary>Does the check.</summary>
    public void Run(CheckRun run)
    {
        if (header.Checksum == ChecksumMode.None)
        {
            run.GiveUp("the image has none");
            return;
        }

        long sums = 0;
        bool isDone = run.Try(() =>
        {
            long address = header.Data;
            for (long done = 0; done < used; sums++)
            {
                long blocks = Math.Min(header.BlocksPerChecksum, used - done);
                Append(address, blocks * header.BlockSize, run);
                Compare(address, address + (blocks * header.BlockSize), run);
                address += (blocks * header.BlockSize) + header.ChecksumSize;
                done += blocks;
            }
        });
        if (isDone)
        {
            run.Extent = sums.ToString(CultureInfo.InvariantCulture);
        }
    }

    private void Append(long address, long length, CheckRun run)
    {
        for (long done = 0; done < length;)
        {
            Span<byte> part = _piece.AsSpan(0, (int)Math.Min(header.Version == 1 ? header.BlockSize : PieceLength, length - done));
            file.ReadAt(address + done, part);
            if (header.Checksum == ChecksumMode.Crc32Of0001)
            {
                part.Fill(part[0]);
            }

            if (header.Checksum == ChecksumMode.XxHash64)
            {
                _hash.Append(part);
            }
            else
            {
                _crc.Append(part);
            }

            run.Advance(part.Length);
            done += part.Length;
        }
    }

    private void Compare(long start, long address, CheckRun run)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        file.ReadAt(address, bytes[..header.ChecksumSize]);
        ulong stored = header.Checksum == ChecksumMode.XxHash64 ? BinaryPrimitives.ReadUInt64LittleEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        ulong found = header.Checksum == ChecksumMode.XxHash64 ? _hash.GetCurrentHashAsUInt64() : ~_crc.GetCurrentHashAsUInt32();
        if (found != stored)
        {
            run.Find("partclone block", start, $"the checksum of the blocks{(header.StartsAnew ? string.Empty : " up to there")} is 0x{found:X8}, and the image says 0x{stored:X8}");
        }

        if (header.StartsAnew)
        {
            _crc = new Crc32();
            _hash = new XxHash64();
        }
    }
}

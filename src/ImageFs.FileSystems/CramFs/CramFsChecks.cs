using System.IO.Hashing;
using ImageFs.Storage.Checking;

namespace ImageFs.FileSystems.CramFs;

/// <summary>What can be checked of a cramfs volume beside its files: the checksum of all its bytes.</summary>
internal static class CramFsChecks
{
    private const int PieceLength = 1 << 20;

    /// <summary>The check.</summary>
    public static Check Of(CramFsVolume volume) => new("CRC-32 of the file system", run => run.Try(() => CheckSum(volume, run))) { Length = volume.SuperBlock.Length };

    private static void CheckSum(CramFsVolume volume, CheckRun run)
    {
        SuperBlock superBlock = volume.SuperBlock;
        if (superBlock.Checksum is not { } expected)
        {
            run.GiveUp("an image of the first version has none");
            return;
        }

        var crc = new Crc32();
        byte[] piece = new byte[PieceLength];
        for (long address = superBlock.Address; address < superBlock.Length; address += piece.Length)
        {
            Span<byte> part = piece.AsSpan(0, (int)Math.Min(piece.Length, superBlock.Length - address));
            volume.Source.ReadAt(address, part);
            if (address == superBlock.Address)
            {
                part.Slice(SuperBlock.ChecksumAt, sizeof(uint)).Clear();
            }

            crc.Append(part);
            run.Advance(part.Length);
        }

        if (crc.GetCurrentHashAsUInt32() != expected)
        {
            run.Find("cramfs super block", superBlock.Address, $"the checksum of the file system is 0x{crc.GetCurrentHashAsUInt32():X8}, and it says 0x{expected:X8}", SuperBlock.Clause);
        }
    }
}

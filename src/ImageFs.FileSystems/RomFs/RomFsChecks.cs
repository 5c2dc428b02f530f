using System.Globalization;
using ImageFs.Storage;
using ImageFs.Storage.Checking;
using ImageFs.Tree;

namespace ImageFs.FileSystems.RomFs;

/// <summary>What can be checked of a romfs volume beside its files: the checksums of all headers, which Linux does not look at.</summary>
/// <param name="volume">The volume; the checksum of its first bytes was checked when it was opened.</param>
internal sealed class RomFsChecks(RomFsVolume volume)
{
    private readonly CellMap _seen = new((volume.Length / FileHeader.Alignment) + 1);
    private readonly Stack<uint> _chains = [];
    private long _count;

    /// <summary>The checks.</summary>
    public static IReadOnlyList<Check> Of(RomFsVolume volume) => [new Check("file headers", run => new RomFsChecks(volume).CheckHeaders(run))];

    private void CheckHeaders(CheckRun run)
    {
        _chains.Push(volume.Root);
        while (_chains.TryPop(out uint chain))
        {
            run.Try(() => CheckChain(chain, run));
        }

        run.Extent = _count.ToString(CultureInfo.InvariantCulture);
    }

    // Headers that each lead to the next. One that was seen ends the chain: the rest of it was seen too.
    private void CheckChain(uint first, CheckRun run)
    {
        Span<byte> bytes = stackalloc byte[FileHeader.Length];
        for (uint address = first; address != 0;)
        {
            FileHeader header = volume.ReadHeader(address, bytes);
            if (_seen.Set(address / FileHeader.Alignment))
            {
                return;
            }

            _count++;
            if (header.Type == NodeType.Directory)
            {
                _chains.Push(header.Target);
            }

            uint next = header.Next;
            CheckSum(address, run);
            address = next;
        }
    }

    private void CheckSum(uint address, CheckRun run) => run.Try(() =>
    {
        using var buffer = new PooledBuffer((int)(volume.FindContents(address) - address));
        volume.Cache.ReadAt(address, buffer.Span);
        run.Advance(buffer.Span.Length);
        if (FileHeader.Sum(buffer.Span) != 0)
        {
            throw RomFsVolume.Invalid(address, "its checksum is wrong");
        }
    });
}

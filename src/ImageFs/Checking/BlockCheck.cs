using System.Runtime.InteropServices;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Checking;
using ImageFs.Storage.Containers;
using ImageFs.Storage.Decoding;

namespace ImageFs.Checking;

/// <summary>Looks for bytes of a container's files that two places of the disk have: blocks, compressed or not, that overlap.</summary>
internal sealed class BlockCheck
{
    private const int MaxBlocks = 1 << 21;
    private const int MaxFindings = 1000;

    // What is damaged is told by the check that reads all of it.
    private const int MaxDamaged = 1000;
    private const int DamageStep = 1 << 16;

    private readonly Container _disk;
    private readonly Dictionary<BlockSource, List<Block>> _blocks = [];
    private int _count;

    private BlockCheck(Container disk) => _disk = disk;

    /// <summary>The check.</summary>
    /// <param name="disk">A container whose blocks are each of one place of the disk.</param>
    public static Check Of(Container disk) => new("blocks of two places", run => new BlockCheck(disk).Run(run));

    private void Run(CheckRun run)
    {
        if (_disk.FindSharedTable() is not null)
        {
            run.GiveUp("its tables are longer than the image");
            return;
        }

        if (Gather() is { } obstacle)
        {
            run.GiveUp(obstacle);
        }

        foreach (List<Block> blocks in _blocks.Values)
        {
            Compare(blocks, run);
        }
    }

    private string? Gather()
    {
        int damaged = 0;
        for (long offset = 0; offset < _disk.Length;)
        {
            try
            {
                offset += Add(offset);
            }
            catch (Exception e) when (e is ImageException or LinuxException)
            {
                offset += DamageStep - (offset % DamageStep);
                damaged++;
            }

            if (_count > MaxBlocks || damaged > MaxDamaged)
            {
                return damaged > MaxDamaged ? "too much of it is damaged" : $"the disk is in more than {MaxBlocks} pieces";
            }
        }

        return null;
    }

    // Down to the first layer that is no disk: parents have their blocks in files of their own.
    private long Add(long offset)
    {
        BlockSource source = _disk;
        long address = offset;
        long length = _disk.Length - offset;
        while (true)
        {
            Extent extent = source.Map(address, length, out BlockSource below);
            length = extent.Length;
            switch (extent.Kind)
            {
                case ExtentKind.Encoded:
                    List<Block> blocks = BlocksOf(below);

                    // A disk above has a part of a block, and then another.
                    if (blocks.Count == 0 || blocks[^1].Address != extent.Address || source.FindEncoded(address).Offset == address)
                    {
                        blocks.Add(new Block(extent.Address, extent.StoredLength, offset, IsEncoded: true));
                    }

                    return length;
                case ExtentKind.Mapped when below is Container && !ReferenceEquals(below, source):
                    address = extent.Address;
                    source = below;
                    length = Math.Min(length, source.Length - address);
                    break;
                case ExtentKind.Mapped:
                    BlocksOf(below).Add(new Block(extent.Address, length, offset, IsEncoded: false));
                    return length;
                default:
                    return length;
            }
        }
    }

    private List<Block> BlocksOf(BlockSource file)
    {
        _count++;
        return CollectionsMarshal.GetValueRefOrAddDefault(_blocks, file, out _) ??= [];
    }

    private static void Compare(List<Block> blocks, CheckRun run)
    {
        blocks.Sort((one, other) => (one.Address, one.Offset).CompareTo((other.Address, other.Offset)));
        int furthest = 0;
        int found = 0;
        for (int i = 1; i < blocks.Count; i++)
        {
            Block before = blocks[furthest];
            Block block = blocks[i];
            if (block.Address < before.SureEnd)
            {
                if (++found > MaxFindings)
                {
                    run.Find(new Finding(string.Empty, null, $"there are more than {MaxFindings} such places: the rest is not listed"));
                    return;
                }

                run.Find(new Finding("block", block.Address, $"its bytes are both at 0x{before.Offset:X} and at 0x{block.Offset:X} of the disk"));
            }

            furthest = block.SureEnd > before.SureEnd ? i : furthest;
        }
    }

    private readonly record struct Block(long Address, long Length, long Offset, bool IsEncoded)
    {
        /// <summary>The end of what is surely its own: the length of a compressed block may reach to the end of a sector.</summary>
        public long SureEnd => Address + (IsEncoded ? Math.Max(1, Length - EncodedBlock.MaxSlack) : Length);
    }
}

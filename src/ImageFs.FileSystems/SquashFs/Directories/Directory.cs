using ImageFs.FileSystems.SquashFs.Metadata;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.SquashFs.Directories;

/// <summary>A directory that was opened.</summary>
internal sealed class Directory
{
    // A directory up to this long is gone through from its start, wherever somebody goes on.
    private const int MaxUnindexed = 4096;

    private readonly Lazy<DirectoryRun[]> _runs;

    /// <param name="volume">The file system.</param>
    /// <param name="node">The directory's node.</param>
    /// <param name="inode">Its inode.</param>
    /// <exception cref="InvalidImageException">It is damaged.</exception>
    public Directory(SquashFsVolume volume, NodeId node, in Inode inode)
    {
        Node = node;
        Inode = inode;
        Length = Math.Max(0, inode.Length - volume.Super.Layout.DirectorySurplus);
        Start = Length == 0 || (inode.Start < volume.Super.BytesUsed - volume.Super.DirectoryTable && inode.Offset < MetadataBlock.MaxLength)
            ? new MetadataPosition((long)(volume.Super.DirectoryTable + inode.Start), (int)inode.Offset)
            : throw InodeTable.Damaged(inode.Position, $"its entries begin at byte {inode.Offset} of metadata block 0x{inode.Start:X}, beyond the end of the file system");
        _runs = new Lazy<DirectoryRun[]>(() => FindRuns(volume), LazyThreadSafetyMode.PublicationOnly);
    }

    public NodeId Node { get; }

    public Inode Inode { get; }

    /// <summary>Bytes of its headers and entries.</summary>
    public long Length { get; }

    /// <summary>Where they begin.</summary>
    public MetadataPosition Start { get; }

    /// <summary>The last header that is not behind a place.</summary>
    /// <param name="position">The place, in bytes from the start of the directory.</param>
    public DirectoryRun FindRun(long position)
    {
        var first = new DirectoryRun(0, Start);
        if (position <= MaxUnindexed || _runs.Value.Length == 0)
        {
            return first;
        }

        int low = 0;
        int high = _runs.Value.Length - 1;
        while (low < high)
        {
            int middle = (low + high + 1) / 2;
            (low, high) = _runs.Value[middle].Offset <= position ? (middle, high) : (low, middle - 1);
        }

        return _runs.Value[low];
    }

    // Up to what is damaged: who reads on from there gets the error.
    private DirectoryRun[] FindRuns(SquashFsVolume volume)
    {
        var runs = new List<DirectoryRun>();
        var cursor = new DirectoryCursor(volume, this, new DirectoryRun(0, Start));
        try
        {
            while (cursor.MoveNext())
            {
                if (runs.Count == 0 || runs[^1] != cursor.Run)
                {
                    runs.Add(cursor.Run);
                }
            }
        }
        catch (Exception e) when (e is ImageException or Linux.LinuxException)
        {
        }
        finally
        {
            cursor.Dispose();
        }

        return [.. runs];
    }
}

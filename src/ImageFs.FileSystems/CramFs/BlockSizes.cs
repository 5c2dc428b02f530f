using System.Numerics;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.CramFs;

/// <summary>
/// The bytes of a block. An image does not tell them, for Linux takes those of its own pages: they are what the first files can be read with.
/// </summary>
internal static class BlockSizes
{
    private const string Option = "blocksize";

    // What mkfs.cramfs takes: the likeliest first.
    private static readonly int[] s_candidates = [4096, 16384, 65536, 8192, 32768, 2048, 1024, 512];

    // Files that are looked at, and directories for them.
    private const int MaxFiles = 8;
    private const int MaxNodes = 4096;

    /// <summary>Takes the option; null when it is not given.</summary>
    /// <exception cref="OptionException">It is no size of a block.</exception>
    public static uint? Take(OptionList options)
    {
        uint? size = options.TakeNumber(Option);
        return size is null || (BitOperations.IsPow2(size.Value) && size is >= 512 and <= 65536)
            ? size
            : throw new OptionException($"{Option}={size}", "must be a power of two from 512 to 65536");
    }

    /// <summary>The size by which most of some files can be read, of several the likeliest: a file of one block can be read by larger ones too.</summary>
    /// <param name="volume">The volume.</param>
    /// <exception cref="LinuxException">The device failed.</exception>
    public static int Find(CramFsVolume volume)
    {
        List<NodeId> files = FindFiles(volume);
        return files.Count == 0 ? s_candidates[0] : s_candidates.MaxBy(size => files.Count(file => IsRight(volume, file, size)));
    }

    private static bool IsRight(CramFsVolume volume, NodeId node, int size)
    {
        try
        {
            Inode inode = volume.ReadInode(node);
            var file = new CramFsFile(volume, node, inode.Offset, inode.Size, size);
            Extent first = file.Map(0, 1, out _);
            if (first.Kind != ExtentKind.Encoded)
            {
                return false;
            }

            file.ReadAt(0, new byte[Math.Min(size, file.Length)]);
            return true;
        }
        catch (ImageException)
        {
            return false;
        }
    }

    // Some of the first files, breadth first, that have a full block of the usual size.
    private static List<NodeId> FindFiles(CramFsVolume volume)
    {
        var files = new List<NodeId>();
        var directories = new Queue<NodeId>([volume.Root]);
        int nodes = 0;
        while (files.Count < MaxFiles && nodes < MaxNodes && directories.TryDequeue(out NodeId directory))
        {
            try
            {
                using var cursor = new DirectoryCursor(volume, CramFsDirectory.Open(volume, directory), 0);
                while (files.Count < MaxFiles && ++nodes < MaxNodes && cursor.MoveNext())
                {
                    if (cursor.Type == NodeType.Directory)
                    {
                        directories.Enqueue(cursor.Node);
                    }
                    else if (cursor.Type == NodeType.Regular && volume.ReadInode(cursor.Node).Size > s_candidates[0])
                    {
                        files.Add(cursor.Node);
                    }
                }
            }
            catch (ImageException)
            {
                // Whoever lists it gets the error.
            }
        }

        return files;
    }
}

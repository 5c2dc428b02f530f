using System.Globalization;
using ImageFs.Linux;
using ImageFs.Reading;
using ImageFs.Storage;
using ImageFs.Storage.Checking;
using ImageFs.Tree;

namespace ImageFs.Checking;

/// <summary>Looks at every file and directory: names, attributes, targets of links, extended attributes, and where the contents lie.</summary>
internal static class FileCheck
{
    private const int BufferLength = 1 << 20;

    /// <summary>The check.</summary>
    /// <param name="fileSystem">The file system.</param>
    /// <param name="volume">The volume that it is on.</param>
    public static Check Of(FileSystem fileSystem, BlockSource volume) => new("files", run =>
    {
        long count = 0;
        Action<long, long>? checkExtent = fileSystem.Checks.CheckExtent;
        void Look(WalkedNode walked)
        {
            count++;
            LookAt(fileSystem, volume, walked, checkExtent, run);
        }

        void Fail(FilePath path, Exception error)
        {
            if (error is UnsupportedFeatureException or MissingDeviceException)
            {
                run.Block($"{path}: {error.Message}");
            }
            else
            {
                run.Find(Finding.Of(error) with { File = path.ToString() });
            }
        }

        new TreeWalk(fileSystem, Look, Fail)
        {
            TakesFilesOnce = true,
            VisitContents = (path, contents) => LookAtNames(path, contents, run),
        }.Run("/"u8.ToArray(), fileSystem.Root);
        run.Extent = count.ToString(CultureInfo.InvariantCulture);
    });

    // No program can make these by mkdir(2) and open(2): something is broken, or wants to break something.
    private static void LookAtNames(FilePath path, DirectoryContents contents, CheckRun run)
    {
        void Find(string problem) => run.Find(new Finding(string.Empty, null, problem) { File = path.ToString() });

        if (contents.HasExtraDots)
        {
            Find("the directory has an entry '.' or '..' more than once");
        }

        foreach (byte[] name in contents.Repeated)
        {
            Find($"the directory has the name '{ByteText.FromBytes(name)}' more than once; the first entry counts");
        }
    }

    private static void LookAt(FileSystem fileSystem, BlockSource volume, in WalkedNode walked, Action<long, long>? checkExtent, CheckRun run)
    {
        NodeId node = walked.Node;
        switch (walked.Attributes.Type)
        {
            case NodeType.SymbolicLink:
                LookAtTarget(walked.Path, fileSystem.ReadLink(node), run);
                break;
            case NodeType.Regular:
                LookAtContents(fileSystem.OpenFile(node), volume, checkExtent);
                break;
            default:
                break;
        }

        if (fileSystem.HasExtendedAttributes)
        {
            foreach (byte[] name in fileSystem.ListExtendedAttributes(node))
            {
                LookAtAttribute(fileSystem, node, name);
            }
        }
    }

    private static void LookAtTarget(FilePath path, ReadOnlySpan<byte> target, CheckRun run)
    {
        int end = target.IndexOf((byte)0);
        if (end >= 0)
        {
            run.Find(new Finding(string.Empty, null, $"byte {end} of the symbolic link's target is NUL: what follows leads nowhere") { File = path.ToString() });
        }
    }

    private static void LookAtAttribute(FileSystem fileSystem, NodeId node, byte[] name)
    {
        try
        {
            _ = fileSystem.GetExtendedAttribute(node, name);
        }
        catch (LinuxException e) when (e.Errno == Errno.E2BIG)
        {
            // More than a reader can be given is no damage.
        }
    }

    // What lies in the volume as it is, is read with the image; what is decoded has to be tried.
    private static void LookAtContents(BlockSource file, BlockSource volume, Action<long, long>? checkExtent)
    {
        foreach (Extent extent in VolumeExtents.All(file, volume))
        {
            switch (extent.Kind)
            {
                case ExtentKind.Mapped:
                    checkExtent?.Invoke(extent.Address, extent.Length);
                    break;
                case ExtentKind.Encoded:
                    foreach (VolumeRun run in VolumeExtents.Of(file, extent.Offset, extent.Length, volume))
                    {
                        checkExtent?.Invoke(run.Address, run.Length);
                    }

                    Decode(file, in extent);
                    break;
                default:
                    break;
            }
        }
    }

    private static void Decode(BlockSource file, in Extent extent)
    {
        using var buffer = new PooledBuffer((int)Math.Min(BufferLength, extent.Length));
        for (long offset = extent.Offset; offset < extent.End; offset += BufferLength)
        {
            file.ReadAt(offset, buffer.Span[..(int)Math.Min(BufferLength, extent.End - offset)]);
        }
    }
}

using System.Globalization;
using ImageFs.FileSystems;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Checking;

namespace ImageFs.Verifying;

/// <summary>Looks at every file and directory: attributes, targets of links, extended attributes, and where the contents lie.</summary>
internal static class FileCheck
{
    /// <summary>Its name.</summary>
    internal const string Name = "files";

    private const int BufferLength = 1 << 20;

    /// <summary>The check.</summary>
    /// <param name="fileSystem">The file system.</param>
    /// <param name="volume">The volume that it is on.</param>
    public static Check Of(FileSystem fileSystem, BlockSource volume) => new(Name, run =>
    {
        long count = 0;
        void Look(FilePath path, NodeId node, NodeAttributes attributes)
        {
            count++;
            LookAt(fileSystem, volume, node, attributes);
        }

        new FileWalk(fileSystem, Look, (path, error) => run.Find(Finding.Of(error) with { File = path.ToString() })).Run();
        run.Extent = count.ToString(CultureInfo.InvariantCulture);
    });

    private static void LookAt(FileSystem fileSystem, BlockSource volume, NodeId node, in NodeAttributes attributes)
    {
        switch (attributes.Type)
        {
            case NodeType.SymbolicLink:
                _ = fileSystem.ReadLink(node);
                break;
            case NodeType.Regular:
                LookAtContents(fileSystem, volume, fileSystem.OpenFile(node));
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
    private static void LookAtContents(FileSystem fileSystem, BlockSource volume, BlockSource file)
    {
        byte[] buffer = [];
        foreach (Extent extent in VolumeExtents.All(file, volume))
        {
            switch (extent.Kind)
            {
                case ExtentKind.Mapped:
                    fileSystem.CheckExtent(extent.Address, extent.Length);
                    break;
                case ExtentKind.Encoded:
                    buffer = buffer.Length == 0 ? new byte[BufferLength] : buffer;
                    for (long offset = extent.Offset; offset < extent.End; offset += BufferLength)
                    {
                        file.ReadAt(offset, buffer.AsSpan(0, (int)Math.Min(BufferLength, extent.End - offset)));
                    }

                    break;
                default:
                    break;
            }
        }
    }
}

using System.Buffers.Binary;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Manifest.Engine;

/// <summary>Where the bytes of a file lie, as numbers that need not be believed: <see cref="BackingMounts"/> makes a file of Linux's own of them.</summary>
public static class BackingPlan
{
    /// <summary>Bytes of a plan at most.</summary>
    public const int MaxLength = HeaderLength + (MaxExtents * ExtentLength);

    private const int MaxExtents = 4096;
    private const int HeaderLength = sizeof(long);
    private const int ExtentLength = 2 * sizeof(long);
    private const long Hole = -1;

    /// <summary>Finds out where the bytes of a file lie.</summary>
    /// <param name="tree">The tree.</param>
    /// <param name="node">A regular file.</param>
    /// <returns>The one device that they lie on, and the plan; null where there are several or none, or too many pieces: a server reads them.</returns>
    /// <exception cref="LinuxException">The device failed.</exception>
    public static (FileDevice Device, byte[] Plan)? Find(FileSystem tree, NodeId node)
    {
        ArgumentNullException.ThrowIfNull(tree);
        DataExtent[] extents;
        long size;
        try
        {
            BlockSource file = tree.OpenFile(node);
            size = file.Length;
            extents = FilePlan.Find(file, out _);
        }
        catch (ImageException)
        {
            // Whoever reads what is damaged gets the error, and the rest.
            return null;
        }

        FileDevice[] devices = [.. extents.Where(extent => !extent.IsHole).Select(extent => extent.Device!).Distinct().Take(2)];
        return devices is [var device] && extents.Length <= MaxExtents ? (device, Write(size, extents)) : null;
    }

    /// <summary>Reads one: all of a file in order, without gaps, in holes or inside of a device.</summary>
    /// <returns>Null where it is none.</returns>
    internal static (long Size, DataExtent[] Extents)? Read(ReadOnlySpan<byte> plan, FileDevice device)
    {
        if (plan.Length is < HeaderLength + ExtentLength or > MaxLength || (plan.Length - HeaderLength) % ExtentLength != 0)
        {
            return null;
        }

        long size = BinaryPrimitives.ReadInt64LittleEndian(plan);
        var extents = new DataExtent[(plan.Length - HeaderLength) / ExtentLength];
        long offset = 0;
        for (int i = 0; i < extents.Length; i++)
        {
            ReadOnlySpan<byte> record = plan.Slice(HeaderLength + (i * ExtentLength), ExtentLength);
            long length = BinaryPrimitives.ReadInt64LittleEndian(record);
            long address = BinaryPrimitives.ReadInt64LittleEndian(record[sizeof(long)..]);
            if (length <= 0 || length > size - offset || (address != Hole && (address < 0 || length > device.Length || address > device.Length - length)))
            {
                return null;
            }

            extents[i] = new DataExtent(offset, length, address == Hole ? null : device, address == Hole ? 0 : address);
            offset += length;
        }

        return offset == size ? (size, extents) : null;
    }

    private static byte[] Write(long size, DataExtent[] extents)
    {
        byte[] plan = new byte[HeaderLength + (extents.Length * ExtentLength)];
        BinaryPrimitives.WriteInt64LittleEndian(plan, size);
        for (int i = 0; i < extents.Length; i++)
        {
            Span<byte> record = plan.AsSpan(HeaderLength + (i * ExtentLength));
            BinaryPrimitives.WriteInt64LittleEndian(record, extents[i].Length);
            BinaryPrimitives.WriteInt64LittleEndian(record[sizeof(long)..], extents[i].IsHole ? Hole : extents[i].Address);
        }

        return plan;
    }
}

using System.Buffers.Binary;
using ImageFs.FileSystems.Udf.Structures;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Udf.Files;

/// <summary>The extents of a file, out of its allocation descriptors (ECMA-167 4/12).</summary>
internal static class FileExtents
{
    // A file of this many pieces takes 32 MiB while it is open. Descriptors that lead in a circle end here too.
    private const int MaxDescriptors = 1024 * 1024;

    // Linux's bound for descriptors that only lead on.
    private const int MaxContinuations = 16;

    private const int ContinuationHeader = 24;

    /// <summary>The extents, as addresses of the volume's space.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="entry">The file's entry.</param>
    /// <exception cref="ImageException">The descriptors are damaged, or of an unknown form.</exception>
    public static ExtentMap Read(UdfVolume volume, FileEntry entry)
    {
        var map = new ExtentMapBuilder();
        long length = entry.InformationLength;
        switch (entry.Form)
        {
            case AllocationForm.Embedded when entry.Descriptors.Length == length:
                return map.AppendMapped(length, entry.SpaceAddress + entry.DescriptorsPlace).Build();
            case AllocationForm.Embedded:
                throw entry.Invalid($"{entry.Descriptors.Length} of the file's {length} bytes are in it");
            case AllocationForm.Short or AllocationForm.Long or AllocationForm.Extended:
                using (var buffer = new PooledBuffer(volume.BlockSize))
                {
                    Append(volume, entry, map, buffer.Span);
                }

                return map.Length >= length
                    ? map.Build(length)
                    : throw entry.Invalid($"the file has {length} bytes, its extents {map.Length}");
            default:
                throw entry.Invalid($"its allocation descriptors are of form {(byte)entry.Form}");
        }
    }

    private static void Append(UdfVolume volume, FileEntry entry, ExtentMapBuilder map, Span<byte> buffer)
    {
        int size = AllocationDescriptor.LengthOf(entry.Form);
        ushort partition = entry.Location.Partition;
        ReadOnlySpan<byte> descriptors = entry.Descriptors;
        int continuations = 0;
        for (int count = 0; descriptors.Length >= size && map.Length < entry.InformationLength; count++)
        {
            AllocationDescriptor descriptor = AllocationDescriptor.Read(descriptors, entry.Form, partition);
            if (descriptor.Length == 0)
            {
                return;
            }

            if (count == MaxDescriptors || continuations > MaxContinuations)
            {
                throw entry.Invalid("its allocation descriptors do not end");
            }

            descriptors = descriptors[size..];
            switch (descriptor.Type)
            {
                case AllocationType.Recorded:
                    map.AppendMapped(descriptor.Length, volume.Space.ToAddress(descriptor.Start));
                    break;
                case AllocationType.NotRecorded:
                    map.Append(descriptor.Length, ExtentKind.Unwritten);
                    break;
                case AllocationType.NotAllocated:
                    map.Append(descriptor.Length, ExtentKind.Hole);
                    break;
                default:
                    descriptors = ReadContinuation(volume, descriptor.Start, buffer);
                    partition = descriptor.Start.Partition;
                    continuations++;
                    continue;
            }

            continuations = 0;
        }
    }

    /// <summary>The descriptors after an allocation extent descriptor (4/14.5).</summary>
    private static ReadOnlySpan<byte> ReadContinuation(UdfVolume volume, LogicalBlock location, Span<byte> buffer)
    {
        long address = volume.ReadDescriptor(location, buffer, TagIdentifier.AllocationExtentDescriptor);
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(buffer[20..]);
        return length <= buffer.Length - ContinuationHeader
            ? buffer.Slice(ContinuationHeader, (int)length)
            : throw new InvalidImageException(
                TagIdentifier.AllocationExtentDescriptor.ToName(),
                volume.FindAddress(volume.Space, address),
                $"{length} bytes of allocation descriptors do not fit into its block",
                TagIdentifier.AllocationExtentDescriptor.ToClause());
    }
}

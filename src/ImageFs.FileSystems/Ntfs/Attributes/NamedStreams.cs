using ImageFs.FileSystems.Ntfs.Contents;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Ntfs.Attributes;

/// <summary>The streams of a file that have names ("alternate data streams").</summary>
internal static class NamedStreams
{
    // A record has room for a few; a list of attributes, which is bounded too, for more.
    private const int Max = 1 << 16;

    /// <summary>Their names, in the order that they are numbered in.</summary>
    /// <exception cref="ImageException">The file is damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static List<string> List(NtfsVolume volume, FileRecord record)
    {
        var names = new List<string>();
        using var scan = new AttributeScan(volume, record);
        while (scan.MoveNext() && scan.Current.Type <= AttributeType.Data)
        {
            if (IsFirst(scan.Current) && names.Count < Max)
            {
                names.Add(scan.Current.Name.ToString());
            }
        }

        return names;
    }

    /// <summary>Opens one.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="record">The file's first record.</param>
    /// <param name="number">Its number, from 1 on.</param>
    /// <exception cref="ImageException">The file is damaged, or has no such stream.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static NtfsStream Open(NtfsVolume volume, FileRecord record, int number)
    {
        var scan = new AttributeScan(volume, record);
        try
        {
            for (int left = number; scan.MoveNext();)
            {
                if (IsFirst(scan.Current) && --left == 0)
                {
                    return NtfsStream.Open(volume, ref scan);
                }
            }
        }
        finally
        {
            scan.Dispose();
        }

        throw record.Damaged($"it has no {number} streams with names");
    }

    /// <summary>The number of a stream by its name.</summary>
    /// <returns>0 when there is none.</returns>
    /// <exception cref="ImageException">The file is damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static int Find(NtfsVolume volume, FileRecord record, ReadOnlySpan<char> name)
    {
        using var scan = new AttributeScan(volume, record);
        for (int number = 1; scan.MoveNext();)
        {
            if (!IsFirst(scan.Current))
            {
                continue;
            }

            if (scan.Current.Name.SequenceEqual(name))
            {
                return number;
            }

            number++;
        }

        return 0;
    }

    /// <summary>Whether a stream holds what the file is compressed to: it is no stream of its own then.</summary>
    public static bool IsOverlay(string name) => name == OverlayFormat.StreamName;

    private static bool IsFirst(AttributeRecord attribute) => attribute is { Type: AttributeType.Data, LowestVcn: 0, Name.Length: > 0 };
}

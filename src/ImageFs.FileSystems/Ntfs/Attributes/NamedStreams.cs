using ImageFs.FileSystems.Ntfs.Contents;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Ntfs.Attributes;

/// <summary>The streams of a file that have names ("alternate data streams"), numbered in the order of its attributes from 1 on.</summary>
internal static class NamedStreams
{
    /// <summary>Their names, in the order that they are numbered in.</summary>
    /// <exception cref="ImageException">The file is damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static List<string> List(NtfsVolume volume, FileRecord record)
    {
        var names = new List<string>();
        var scan = new AttributeScan(volume, record);
        try
        {
            while (MoveNext(ref scan))
            {
                names.Add(scan.Current.Name.ToString());
            }
        }
        finally
        {
            scan.Dispose();
        }

        return names;
    }

    /// <summary>Opens one.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="record">The file's first record.</param>
    /// <param name="number">Its number.</param>
    /// <exception cref="ImageException">The file is damaged, or has no such stream.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static NtfsStream Open(NtfsVolume volume, FileRecord record, int number)
    {
        var scan = new AttributeScan(volume, record);
        try
        {
            for (int left = number; MoveNext(ref scan);)
            {
                if (--left == 0)
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
        var scan = new AttributeScan(volume, record);
        try
        {
            for (int number = 1; MoveNext(ref scan); number++)
            {
                if (scan.Current.Name.SequenceEqual(name))
                {
                    return number;
                }
            }
        }
        finally
        {
            scan.Dispose();
        }

        return 0;
    }

    /// <summary>Whether a stream holds what the file is compressed to: it is no stream of its own then.</summary>
    public static bool IsOverlay(string name) => name == OverlayFormat.StreamName;

    // To the first piece of the next stream that has a name.
    private static bool MoveNext(ref AttributeScan scan)
    {
        while (scan.MoveNext())
        {
            if (scan.Current is { Type: AttributeType.Data, LowestVcn: 0, Name.Length: > 0 })
            {
                return true;
            }
        }

        return false;
    }
}

using System.Buffers.Binary;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Formats;

namespace ImageFs.FileSystems.Iso9660;

/// <summary>
/// Has all directories of a volume asked for that is read from afar, when one of them is listed: its path table (ECMA-119 9.4) says where they
/// are. Writers put them together, so that takes a request or two, and else each directory takes its own.
/// </summary>
/// <remarks>The table is a hint here and nothing more: what is wrong in it has bytes asked for that nobody wants.</remarks>
/// <param name="volume">The volume.</param>
internal sealed class DirectoriesAhead(Iso9660Volume volume)
{
    // A directory of this length is nothing unusual, and where the next one begins says no more.
    private const int UsualLength = 16 * 1024;

    // What lies between two that is less than this costs less than another request.
    private const int SmallGap = 128 * 1024;

    private const int MaxTable = 1 << 20;
    private const long MaxAhead = 16 << 20;

    // A record of the table has 8 bytes before the name: the length of that, that of the extended attributes, the location, the parent's number.
    private const int HeaderLength = 8;

    private int _isAsked;

    /// <summary>Somebody lists a directory.</summary>
    public void Note()
    {
        if (Volatile.Read(ref _isAsked) == 0 && Interlocked.Exchange(ref _isAsked, 1) == 0 && ProbeWindow.IsFar(volume.Source))
        {
            try
            {
                Ask(FindDirectories());
            }
            catch (Exception e) when (e is ImageException or LinuxException)
            {
                // Whoever reads the directories gets the error, if it concerns them.
            }
        }
    }

    private List<long> FindDirectories()
    {
        uint size = volume.Shown.Volume.PathTableSize;
        long start = volume.ToAddress(volume.Shown.Volume.PathTableLocation);
        var found = new List<long>();
        if (size is 0 or > MaxTable || start > volume.Source.Length - size)
        {
            return found;
        }

        byte[] table = new byte[size];
        volume.Source.ReadAt(start, table);
        for (int at = 0; at + HeaderLength <= table.Length && table[at] > 0;)
        {
            long address = volume.ToAddress(BinaryPrimitives.ReadUInt32LittleEndian(table.AsSpan(at + 2)) + (long)table[at + 1]);
            if (address < volume.Source.Length)
            {
                found.Add(address);
            }

            at += HeaderLength + table[at] + (table[at] & 1);
        }

        found.Sort();
        return found;
    }

    private void Ask(List<long> directories)
    {
        long left = MaxAhead;
        for (int i = 0; i < directories.Count && left > 0;)
        {
            long start = directories[i];
            long end = start;
            for (; i < directories.Count && directories[i] - end <= SmallGap; i++)
            {
                end = directories[i];
            }

            long length = Math.Min(Math.Min(end - start + UsualLength, volume.Source.Length - start), left);
            volume.Source.Prefetch(start, length);
            left -= length;
        }
    }
}

using System.Buffers.Binary;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Ntfs;

/// <summary>What the restart pages of the journal say (linux-ntfs, $LogFile).</summary>
/// <param name="IsOpen">Whether it was not brought to an end.</param>
/// <param name="Version">Its version: "1.1"; empty when it was never used.</param>
internal readonly record struct LogState(bool IsOpen, string Version)
{
    /// <summary>What specifies it.</summary>
    public const string Clause = "linux-ntfs, $LogFile";

    private const int PageCount = 2;
    private const byte Unused = 0xFF;

    /// <summary>Reads the later one of the restart pages.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="record">The journal's record.</param>
    /// <exception cref="ImageException">No restart page is good, though the journal was used; or it is damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static LogState Read(NtfsVolume volume, FileRecord record)
    {
        (ulong Number, LogState State) latest = (0, new LogState(false, string.Empty));
        string? problem = null;
        bool isGood = false;
        foreach (byte[] bytes in ReadPages(volume, record))
        {
            var page = new RestartPage(bytes);
            if (page.FindProblem() is { } found)
            {
                problem ??= bytes.AsSpan().ContainsAnyExcept(Unused) ? found : null;
                continue;
            }

            isGood = true;
            latest = page.Number >= latest.Number ? (page.Number, new LogState(page.IsOpen, page.Version)) : latest;
        }

        return isGood || problem is null ? latest.State : throw record.Damaged(problem, Clause);
    }

    /// <summary>Its restart pages, as they are on disk: the second is one page of memory behind the first.</summary>
    /// <exception cref="ImageException">It is damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static byte[][] ReadPages(NtfsVolume volume, FileRecord record)
    {
        if (NtfsStream.Open(volume, record, AttributeType.Data) is not { IsResident: false } log || Math.Min(log.Clusters.Length, log.InitializedSize) < PageCount * RestartPage.Size)
        {
            throw record.Damaged("it has no restart pages", Clause);
        }

        byte[][] pages = new byte[PageCount][];
        for (int i = 0; i < pages.Length; i++)
        {
            pages[i] = new byte[RestartPage.Size];
            volume.Clusters.Read(log.Clusters, i * RestartPage.Size, pages[i]);
        }

        return pages;
    }
}

/// <summary>A restart page of the journal (linux-ntfs, $LogFile). Only of one without a problem the members may be asked.</summary>
/// <param name="bytes">All of it.</param>
internal readonly ref struct RestartPage(ReadOnlySpan<byte> bytes)
{
    /// <summary>Bytes of one, as Windows writes them on all its machines of today.</summary>
    public const int Size = 4096;

    private const int HeadLength = 0x1E;
    private const int AreaLength = 0x10;
    private const ushort NoClient = 0xFFFF;
    private const ushort CleanFlag = 2;

    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>The number of the last thing in the journal when it was written.</summary>
    public ulong Number => BinaryPrimitives.ReadUInt64LittleEndian(_bytes[AreaStart..]);

    /// <summary>Whether the journal is in use.</summary>
    public bool IsOpen =>
        BinaryPrimitives.ReadUInt16LittleEndian(_bytes[(AreaStart + 12)..]) != NoClient
        && (BinaryPrimitives.ReadUInt16LittleEndian(_bytes[(AreaStart + 14)..]) & CleanFlag) == 0;

    /// <summary>The version of the journal: "1.1".</summary>
    public string Version => $"{BinaryPrimitives.ReadUInt16LittleEndian(_bytes[0x1C..])}.{BinaryPrimitives.ReadUInt16LittleEndian(_bytes[0x1A..])}";

    /// <summary>Bytes of a page of memory where it was written.</summary>
    public uint SystemPageSize => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[16..]);

    /// <summary>Bytes of a page of the journal.</summary>
    public uint LogPageSize => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[20..]);

    private int AreaStart => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[0x18..]);

    /// <summary>What is wrong with it; null when nothing is.</summary>
    public string? FindProblem() =>
        !_bytes.StartsWith("RSTR"u8) && !_bytes.StartsWith("CHKD"u8) ? "it has not the mark of a restart page"
        : AreaStart is < HeadLength or > UpdateSequence.Stride - AreaLength - sizeof(ushort) ? $"its restart area is at byte {AreaStart} of its page"
        : null;
}

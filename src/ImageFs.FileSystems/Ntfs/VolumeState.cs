using System.Buffers.Binary;
using ImageFs.Linux;
using ImageFs.Storage;
using Directory = ImageFs.FileSystems.Ntfs.Directories.Directory;

namespace ImageFs.FileSystems.Ntfs;

/// <summary>How a volume was left: what is read is what lies on disk, whatever its journal would make of it.</summary>
/// <param name="IsDirty">Whether it says itself that it is to be checked (linux-ntfs, $Volume).</param>
/// <param name="HasOpenLog">Whether its journal was not brought to an end.</param>
/// <param name="LogVersion">The version of the journal; empty when it was never used, or cannot be read.</param>
/// <param name="IsHibernated">Whether a Windows lies in it that was not shut down, but put to sleep.</param>
internal sealed record VolumeState(bool IsDirty, bool HasOpenLog, string LogVersion, bool IsHibernated)
{
    private const int PageSize = 4096;
    private const int RestartHead = 0x1E;
    private const int RestartLength = 0x10;
    private const ushort NoClient = 0xFFFF;
    private const ushort CleanFlag = 2;
    private const int HibernationMark = 4;

    /// <summary>In a word, for <c>info</c>.</summary>
    public string Text => IsHibernated ? "hibernated" : HasOpenLog ? "not unmounted: the journal was not replayed" : IsDirty ? "dirty" : "clean";

    /// <summary>Finds out.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="root">The root directory.</param>
    /// <param name="upcase">The order of names.</param>
    public static VolumeState Find(NtfsVolume volume, Directory root, UpcaseTable upcase)
    {
        using var buffer = new PooledBuffer(volume.Geometry.RecordSize);
        (bool hasOpenLog, string logVersion) = ReadLog(volume, buffer.Span);
        return new VolumeState(TryReadInformation(volume) is { IsDirty: true }, hasOpenLog, logVersion, IsAsleep(volume, root, upcase, buffer.Span));
    }

    /// <summary>Tells what who reads the volume should know.</summary>
    /// <param name="warn">Called with each.</param>
    public void Warn(Action<string> warn)
    {
        if (IsHibernated)
        {
            warn("Windows is hibernated on this volume, or was shut down for a fast start: what it has not written yet is not seen (powercfg /h off)");
        }

        if (HasOpenLog)
        {
            warn("the volume was not unmounted: its journal ($LogFile) is not replayed, and what was being changed may be damaged");
        }
        else if (IsDirty && !IsHibernated)
        {
            warn("the volume is marked as dirty: Windows would check it (chkdsk)");
        }
    }

    private static VolumeInformation? TryReadInformation(NtfsVolume volume)
    {
        try
        {
            return VolumeInformation.Read(volume);
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            // Nothing else needs it.
            return null;
        }
    }

    // Of two restart pages the second is one system page behind the first; a journal that was never used is all ones.
    private static (bool IsOpen, string Version) ReadLog(NtfsVolume volume, Span<byte> buffer)
    {
        (ulong Number, bool IsOpen, string Version) latest = (0, false, string.Empty);
        try
        {
            if (NtfsStream.Open(volume, volume.ReadFile(SystemFiles.Log, buffer), AttributeType.Data) is not { IsResident: false } log)
            {
                return (false, string.Empty);
            }

            byte[] page = new byte[PageSize];
            for (long offset = 0; offset + PageSize <= Math.Min(log.InitializedSize, 2L * PageSize); offset += PageSize)
            {
                volume.Clusters.Read(log.Clusters, offset, page);
                int start = BinaryPrimitives.ReadUInt16LittleEndian(page.AsSpan(0x18));
                if (page.AsSpan().StartsWith("RSTR"u8) && start is >= RestartHead and <= UpdateSequence.Stride - RestartLength - sizeof(ushort))
                {
                    ReadOnlySpan<byte> area = page.AsSpan(start);
                    ulong number = BinaryPrimitives.ReadUInt64LittleEndian(area);
                    bool isOpen = BinaryPrimitives.ReadUInt16LittleEndian(area[12..]) != NoClient && (BinaryPrimitives.ReadUInt16LittleEndian(area[14..]) & CleanFlag) == 0;
                    string version = $"{BinaryPrimitives.ReadUInt16LittleEndian(page.AsSpan(0x1C))}.{BinaryPrimitives.ReadUInt16LittleEndian(page.AsSpan(0x1A))}";
                    latest = number >= latest.Number ? (number, isOpen, version) : latest;
                }
            }
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            // It is not needed for reading.
        }

        return (latest.IsOpen, latest.Version);
    }

    private static bool IsAsleep(NtfsVolume volume, Directory root, UpcaseTable upcase, Span<byte> buffer)
    {
        try
        {
            if (!root.TryFind("hiberfil.sys", upcase, ignoresCase: true, out FileReference file))
            {
                return false;
            }

            BlockSource contents = FileContents.Open(volume, volume.ReadFile(file, buffer));
            Span<byte> mark = stackalloc byte[HibernationMark];
            if (contents.Length < mark.Length)
            {
                return false;
            }

            contents.ReadAt(0, mark);
            return mark.SequenceEqual("hibr"u8) || mark.SequenceEqual("HIBR"u8);
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            // Who reads that file gets the error.
            return false;
        }
    }
}

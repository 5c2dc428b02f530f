using ImageFs.Linux;
using ImageFs.Storage;
using Directory = ImageFs.FileSystems.Ntfs.Directories.Directory;

namespace ImageFs.FileSystems.Ntfs;

/// <summary>How a volume was left: what is read is what lies on disk, whatever its journal would make of it.</summary>
/// <param name="Information">What $Volume says; null when it cannot be read.</param>
/// <param name="HasOpenLog">Whether its journal was not brought to an end.</param>
/// <param name="LogVersion">The version of the journal; empty when it was never used, or cannot be read.</param>
/// <param name="IsHibernated">Whether a Windows lies in it that was not shut down, but put to sleep.</param>
/// <param name="Unread">What of this could not be found out, and why; empty when all was.</param>
internal sealed record VolumeState(VolumeInformation? Information, bool HasOpenLog, string LogVersion, bool IsHibernated, string Unread)
{
    private const int HibernationMark = 4;

    /// <summary>Whether it says itself that it is to be checked (linux-ntfs, $Volume).</summary>
    public bool IsDirty => Information is { IsDirty: true };

    /// <summary>In a word, for <c>info</c>; with the reason where it is not known.</summary>
    public string Text => IsHibernated ? "hibernated"
        : HasOpenLog ? "not unmounted: the journal was not replayed"
        : IsDirty ? "dirty"
        : Unread.Length > 0 ? $"unknown: {Unread}"
        : "clean";

    /// <summary>Finds out.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="root">The root directory.</param>
    /// <param name="upcase">The order of names.</param>
    public static VolumeState Find(NtfsVolume volume, Directory root, UpcaseTable upcase)
    {
        using var buffer = new PooledBuffer(volume.Geometry.RecordSize);
        Span<byte> record = buffer.Span;
        VolumeInformation? information = null;
        var log = new LogState(false, string.Empty);
        bool isAsleep = false;
        string unread = string.Empty;
        try
        {
            information = VolumeInformation.Read(volume);
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            unread = $"$Volume: {e.Message}";
        }

        try
        {
            log = LogState.Read(volume, volume.ReadFile(SystemFiles.Log, record));
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            unread = $"$LogFile: {e.Message}";
        }

        try
        {
            isAsleep = IsAsleep(volume, root, upcase, record);
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            unread = $"hiberfil.sys: {e.Message}";
        }

        return new VolumeState(information, log.IsOpen, log.Version, isAsleep, unread);
    }

    /// <summary>Tells what who reads the volume should know.</summary>
    /// <param name="context">Takes it.</param>
    public void Tell(OpenContext context)
    {
        if (IsHibernated)
        {
            context.Notice("Windows is hibernated on this volume, or was shut down for a fast start: what it has not written yet is not seen (powercfg /h off)");
        }

        if (HasOpenLog)
        {
            context.Warn("the volume was not unmounted: its journal ($LogFile) is not replayed, and what was being changed may be damaged");
        }
        else if (IsDirty && !IsHibernated)
        {
            context.Warn("the volume is marked as dirty: Windows would check it (chkdsk)");
        }
    }

    private static bool IsAsleep(NtfsVolume volume, Directory root, UpcaseTable upcase, Span<byte> buffer)
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
}

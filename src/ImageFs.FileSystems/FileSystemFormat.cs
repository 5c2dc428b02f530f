using ImageFs.Storage;
using ImageFs.Storage.Formats;
using ImageFs.Tree;

namespace ImageFs.FileSystems;

/// <summary>A format that can be recognised and opened.</summary>
public abstract class FileSystemFormat : Format
{
    private const int LookBytes = 512 * 1024;

    /// <summary>Whether the source holds this format, by its magic numbers alone.</summary>
    /// <exception cref="Linux.LinuxException">The device failed: that is no answer.</exception>
    public abstract bool Probe(BlockSource source);

    /// <summary>Whether the options say where this format's volume begins in the source, other than at its start, and it is there.</summary>
    /// <exception cref="ImageException">The image ends before.</exception>
    /// <exception cref="Linux.LinuxException">The device failed: that is no answer.</exception>
    /// <exception cref="OptionException">An option's value is not valid.</exception>
    public virtual bool ProbeAt(BlockSource source, OptionList options) => false;

    /// <summary>
    /// Whether the source has this format's mark in a structure that is damaged: asked when nothing is recognised, so that opening it can
    /// say what is wrong.
    /// </summary>
    /// <exception cref="Linux.LinuxException">The device failed: that is no answer.</exception>
    public virtual bool Resembles(BlockSource source) => false;

    /// <summary>
    /// Whether it is a format of discs, which leaves the first 32 KiB to others (ECMA-119 6.2.1); what others have there is whole only if it
    /// was written later.
    /// </summary>
    public virtual bool IsOfDiscs => false;

    /// <summary>Where the file system itself has other volumes in it, in bytes from its start: the images that a disc boots from.</summary>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public virtual IReadOnlyList<long> FindInnerVolumes(BlockSource source) => [];

    /// <summary>Opens a source that <see cref="Probe"/> recognised.</summary>
    /// <param name="source">The volume.</param>
    /// <param name="context">What it is opened with; the format takes the options that it knows, and of owners and permissions what it leaves is taken too.</param>
    /// <exception cref="ImageException">The file system as a whole cannot be read.</exception>
    /// <exception cref="OptionException">An option's value is not valid.</exception>
    public FileSystem Open(BlockSource source, OpenContext context) => Open([source], context);

    /// <summary>The label, the UUID and the exact type of what <see cref="Probe"/> recognised, from its first structures: nothing is opened.</summary>
    /// <exception cref="ImageException">They are damaged, or not read.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public abstract VolumeIdentity Identify(BlockSource source);

    /// <summary>As <see cref="Open(BlockSource, OpenContext)"/>, for a file system that may lie on several sources.</summary>
    /// <param name="sources">All that were found of one <see cref="FindSet"/>, the one that was meant first; one of a format that has no sets.</param>
    /// <param name="context">What it is opened with.</param>
    /// <exception cref="ImageException">The file system as a whole cannot be read; or it needs a source that is missing.</exception>
    /// <exception cref="OptionException">An option's value is not valid.</exception>
    public FileSystem Open(IReadOnlyList<BlockSource> sources, OpenContext context) =>
        Ownership.Apply(OpenVolume(sources, context), context.Options);

    /// <summary>
    /// What the sources of one file system have in common, of a format whose file systems may lie on several: their UUID. Null when this is
    /// all of it.
    /// </summary>
    /// <param name="source">A source that <see cref="Probe"/> recognised.</param>
    /// <exception cref="ImageException">It is damaged there.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public virtual string? FindSet(BlockSource source) => null;

    /// <summary>
    /// Whether a file system may need sources of another set, which it grew from: those of further disks are then opened with it, after its own.
    /// </summary>
    public virtual bool GrowsFromOthers => false;

    /// <summary>Whether others may have grown from a file system, of a format that does so: it is then looked for beside them on the same disk.</summary>
    /// <param name="source">A source that <see cref="Probe"/> recognised.</param>
    /// <exception cref="ImageException">It is damaged there.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public virtual bool IsSeed(BlockSource source) => false;

    /// <summary>
    /// The further sources of a file system that have data alone, and no marks to be found by, in the order in which the user gives them. Opened
    /// with several sources, it gets them in that order after its own, and an empty one for each that is not there.
    /// </summary>
    /// <param name="source">A source that <see cref="Probe"/> recognised.</param>
    /// <returns>For each the name of the file that it may be beside the image; empty where nothing tells.</returns>
    /// <exception cref="ImageException">It is damaged there.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public virtual IReadOnlyList<string> FindDataDevices(BlockSource source) => [];

    /// <summary>As <see cref="Open(IReadOnlyList{BlockSource}, OpenContext)"/>, with the options of this format.</summary>
    protected virtual FileSystem OpenVolume(IReadOnlyList<BlockSource> sources, OpenContext context) => OpenVolume(sources[0], context);

    /// <summary>As <see cref="Open(BlockSource, OpenContext)"/>, with the options of this format.</summary>
    protected abstract FileSystem OpenVolume(BlockSource source, OpenContext context);

    /// <summary>What a source is opened with only to see what it is: nobody is told what is wrong, and little is kept.</summary>
    protected static OpenContext ForLook() => new() { Memory = new MemoryBudget(LookBytes) };

    /// <summary>
    /// The answer of <see cref="Probe"/> by reading the structure that has the magic number: damage is a no; something in it that is not read here is
    /// a yes, since opening tells what it is.
    /// </summary>
    /// <param name="read">Reads it, and says whether it is this format's.</param>
    /// <exception cref="Linux.LinuxException">The device failed: that is no answer.</exception>
    private protected static bool ProbeByReading(Func<bool> read)
    {
        try
        {
            return read();
        }
        catch (UnsupportedFeatureException)
        {
            return true;
        }
        catch (ImageException)
        {
            return false;
        }
    }

    /// <summary>The length that the file system states, in bytes.</summary>
    /// <exception cref="ImageException">It cannot be read there.</exception>
    protected abstract long FindLength(BlockSource source);

    /// <summary>
    /// What shows that something else was written over it, though it can be opened: a structure that it leads to is not there; null when
    /// nothing does.
    /// </summary>
    /// <exception cref="ImageException">It is damaged there.</exception>
    protected virtual string? FindOverwritten(BlockSource source) => null;

    /// <summary>
    /// The evidence that a source recognised by <see cref="Probe"/> is of this format: it is opened as far as its root directory.
    /// </summary>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    internal Weight Weigh(BlockSource source)
    {
        long length = 0;
        try
        {
            length = FindLength(source);
            if (FindOverwritten(source) is { } problem)
            {
                return new Weight(Evidence.Overwritten, length, problem);
            }

            FileSystem fileSystem = OpenVolume(source, ForLook());
            if (fileSystem.GetAttributes(fileSystem.Root).Type != NodeType.Directory)
            {
                return new Weight(Evidence.Overwritten, length, "its root is not a directory");
            }

            fileSystem.ReadDirectory(fileSystem.Root, 0, new FirstEntries());
            return new Weight(Evidence.Structures, length);
        }
        catch (InvalidImageException e)
        {
            return new Weight(Evidence.Overwritten, length, e.Message);
        }
        catch (ImageException)
        {
            // Cut short, or with something that is not read: that says nothing of what else is there.
            return new Weight(Evidence.Mark, length);
        }
    }

    private sealed class FirstEntries : IDirectorySink
    {
        private const int Enough = 64;

        private int _count;

        public bool Add(in DirectoryEntry entry) => ++_count <= Enough;
    }
}

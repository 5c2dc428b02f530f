using ImageFs.Linux;
using ImageFs.Storage.Formats;

namespace ImageFs.Storage.Containers;

/// <summary>A file with an image or a part of one, and who asked for it.</summary>
/// <param name="name">Its path, for messages; relative to the folder where another file named it.</param>
/// <param name="source">Its bytes.</param>
/// <param name="folder">Where the files are that it names.</param>
/// <param name="identity">What tells it from any other file, however it is named.</param>
/// <param name="opener">The file that named it; null for the one that the user named.</param>
public sealed class ImageFile(string name, BlockSource source, ImageFolder folder, string identity, ImageFile? opener = null)
{
    // Chains of snapshots are long; every layer is one step for each extent looked up.
    private const int MaxDepth = 100;

    // What most formats are recognised by.
    private const int HeadLength = 4096;

    private readonly Lazy<ProbeWindow> _window = new(() => ProbeWindow.Over(source));

    private readonly Dictionary<string, ImageFile> _beside = new(StringComparer.Ordinal);

    private readonly Lazy<byte[]> _head = new(() =>
    {
        byte[] head = new byte[Math.Min(HeadLength, source.Length)];
        ProbeWindow.Over(source).View.ReadAt(0, head);
        return head;
    });

    /// <summary>Its path, for messages.</summary>
    public string Name => name;

    /// <summary>Its bytes.</summary>
    public BlockSource Source => source;

    /// <summary>Its bytes, for whoever asks what it is.</summary>
    public ProbeWindow Window => _window.Value;

    /// <summary>Its first bytes, 4,096 of them where it has so many: read once for all formats that look at them.</summary>
    /// <exception cref="LinuxException">The device failed.</exception>
    /// <exception cref="ImageException">The image ends before, or is damaged there.</exception>
    public ReadOnlySpan<byte> Head => _head.Value;

    /// <summary>Where the files are that it names.</summary>
    public ImageFolder Folder => folder;

    /// <summary>The user whose file it is, on this machine or in the image that it lies in; null where there is none.</summary>
    public uint? Owner { get; init; } = (source as FileDevice)?.Owner;

    /// <summary>This file, the one that named it, and so on to the one that the user named.</summary>
    public IEnumerable<ImageFile> Openers
    {
        get
        {
            for (ImageFile? file = this; file is not null; file = file.Opener)
            {
                yield return file;
            }
        }
    }

    /// <summary>What the user names in place of files that this one and those after name.</summary>
    internal MovedFiles Moved { get; set; } = opener?.Moved ?? MovedFiles.None;

    /// <summary>Whether the user named it: no other file did.</summary>
    internal bool IsOutermost => opener is null;

    /// <summary>The file that this one holds, compressed or in parts: it lies where this one does.</summary>
    /// <param name="held">Its bytes.</param>
    /// <param name="heldName">Its name.</param>
    internal ImageFile Holding(BlockSource held, string heldName) => new(heldName, held, folder, identity, opener) { Owner = Owner, Moved = Moved };

    /// <summary>Opens the file with the disk that the one in this file is written over.</summary>
    /// <param name="path">Its path as this file has it, where the user does not name another.</param>
    /// <param name="role">What it is to this file, for messages: "backing file".</param>
    /// <exception cref="InvalidImageException">It leads back to a file that is being opened, or the chain is too long.</exception>
    /// <exception cref="UnsupportedFeatureException">The path is one that this image may not name.</exception>
    /// <exception cref="LinuxException">It cannot be opened.</exception>
    public ImageFile OpenParent(Func<string> path, string role) =>
        Moved.FindParent(Openers.Count() - 1) is { } named ? Check(folder.OpenNamed(named, role, this), role) : OpenBeside(path(), role, "backing-file");

    /// <summary>Opens a file that this one names; once, however often it names it.</summary>
    /// <param name="path">The path as it is written in this file: untrusted.</param>
    /// <param name="role">What it is to this file, for messages: "backing file".</param>
    /// <exception cref="InvalidImageException">It leads back to a file that is being opened, or the chain is too long.</exception>
    /// <exception cref="UnsupportedFeatureException">The path is one that this image may not name.</exception>
    /// <exception cref="LinuxException">It cannot be opened.</exception>
    public ImageFile OpenBeside(string path, string role) => OpenBeside(path, role, "extent");

    private ImageFile OpenBeside(string path, string role, string option)
    {
        if (_beside.TryGetValue(path, out ImageFile? known))
        {
            return known;
        }

        ImageFile file = Check(Moved.FindPart(path) is { } named ? folder.OpenNamed(named, role, this) : OpenInFolder(path, role, option), role);
        _beside.Add(path, file);
        return file;
    }

    private ImageFile OpenInFolder(string path, string role, string option)
    {
        try
        {
            return folder.Open(path, role, this);
        }
        catch (LinuxException e) when (e.Errno == Errno.ENOENT)
        {
            throw new LinuxException(e.Call, e.Errno, $"{path}, which {Name} names as its {role}", $"-o {option}=FILE names it where it is now");
        }
    }

    private ImageFile Check(ImageFile file, string role)
    {
        int depth = 0;
        foreach (ImageFile opened in Openers)
        {
            if (opened.Identity == file.Identity)
            {
                throw new InvalidImageException(role, 0, $"{Name} names {file.Name}, which leads back to itself");
            }

            if (++depth > MaxDepth)
            {
                throw new InvalidImageException(role, 0, $"{Name} is the end of a chain of more than {MaxDepth} files");
            }
        }

        return file;
    }

    private string Identity => identity;

    private ImageFile? Opener => opener;
}

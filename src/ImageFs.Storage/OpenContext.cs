using ImageFs.Storage.Caching;
using ImageFs.Storage.Containers;
using ImageFs.Storage.Formats;
using ImageFs.Storage.Keys;
using ImageFs.Storage.Remote;
using ImageFs.Storage.Remote.Http;
using ImageFs.Storage.Volumes;
using ImageFs.Storage.Volumes.Luks;

namespace ImageFs.Storage;

/// <summary>What the layers of an image are opened with, from the bottom up: the options of the user, and what the layers share.</summary>
public sealed record OpenContext
{
    private readonly Action<string>? _notice;

    /// <summary>Without options, and with memory of its own; nobody is told what is wrong.</summary>
    public OpenContext()
        : this(new OptionList())
    {
    }

    /// <summary>A context with options and with memory of its own, whose size the options may set.</summary>
    /// <param name="options">The options.</param>
    /// <param name="warn">Called with what is wrong but harmless; null for nobody.</param>
    /// <exception cref="OptionException">The size of the memory or of the cache is none.</exception>
    public OpenContext(OptionList options, Action<string>? warn = null)
    {
        Options = options;
        Warn = warn ?? (static _ => { });
        Memory = MemoryBudget.Take(options);
        Cache = CacheFolder.Take(options);
        Remote = RemoteOptions.Take(options);
        Http = HttpOptions.Take(options);
        Keys = new OptionKeys(options);
    }

    /// <summary>The options. Each layer takes those that it knows: what is left in the end is unknown.</summary>
    public OptionList Options { get; init; }

    /// <summary>Called with what is wrong but harmless.</summary>
    public Action<string> Warn { get; init; }

    /// <summary>Called with what is no damage, and leaves something out all the same: a device that nobody gave, what is not written yet. As <see cref="Warn"/>, if not set.</summary>
    public Action<string> Notice
    {
        get => _notice ?? Warn;
        init => _notice = value;
    }

    /// <summary>What all layers together keep in memory.</summary>
    public MemoryBudget Memory { get; init; }

    /// <summary>Where all layers together keep in files what is dear to read again.</summary>
    public CacheFolder Cache { get; init; }

    /// <summary>Counts what is decoded of compressed files.</summary>
    public UnpackingCounts Unpacking { get; init; } = new();

    /// <summary>How images are read that are not on this machine.</summary>
    public RemoteOptions Remote { get; init; }

    /// <summary>How servers of HTTP are asked.</summary>
    public HttpOptions Http { get; init; }

    /// <summary>Called when something begins that takes its time before an image can be opened, with the bytes that there are of it, 0 where nobody knows: gives what shows how far it is.</summary>
    public Func<long, ITransfer> ShowTransfer { get; init; } = static _ => SilentTransfer.Instance;

    /// <summary>Asked for the key of an encrypted volume, when it is opened.</summary>
    public IKeySource Keys { get; init; }

    /// <summary>What the key of an encrypted volume may cost, where its header says so.</summary>
    internal KeyCosts KeyCosts { get; init; } = KeyCosts.Usual;

    /// <summary>The header of an encrypted volume that lies apart from it (<c>header=</c>); null for those that begin with theirs.</summary>
    public BlockSource? DetachedHeader { get; init; }

    /// <summary>What may still be read to find volumes; null for any amount.</summary>
    public RecognitionAllowance? Recognition { get; init; }

    /// <summary>The kinds of places that images are opened from.</summary>
    public IReadOnlyList<LocationScheme> Schemes { get; init; } = LocationScheme.All;

    /// <summary>Whether a path leads into the image: one that is an archive is then its files, and not the disk in it.</summary>
    public bool IsEntered { get; init; }

    /// <summary>The file that the image is, and where files are that a file system in it names (<see cref="ImageFile.OpenBeside(string, string)"/>); null where there is none.</summary>
    public ImageFile? Image { get; init; }

    /// <summary>Opens a further image that an option names by its path, as bytes; null where there is nothing that paths could begin at.</summary>
    public Func<string, BlockSource>? OpenOther { get; init; }

    /// <summary>Formats that the caller has beside those of the program; they are tried after these.</summary>
    public IReadOnlyList<Format> AddedFormats { get; init; } = [];

    /// <summary>
    /// Reads or opens the files that options name beside images - keys, certificates, passwords - for who gives up the right to. What fails is told
    /// when it is needed.
    /// </summary>
    /// <param name="hasRemote">Whether an image is on a server.</param>
    public void ReadAhead(bool hasRemote)
    {
        if (hasRemote)
        {
            Http.ReadAhead();
        }

        (Keys as OptionKeys)?.OpenAhead();
    }

    /// <summary>The same for a layer that the options are not meant for: a parent disk, an image around another.</summary>
    public OpenContext WithoutOptions() => this with { Options = new OptionList() };

    /// <summary>The same for one of several layers on a level, which take from the same options each for itself.</summary>
    public OpenContext WithCopiedOptions() => this with { Options = Options.Copy() };

    /// <summary>A context of its own with these options: <c>ro,uid=1000,norock</c>.</summary>
    /// <param name="options">The list, as <see cref="OptionList.Parse"/> takes it.</param>
    /// <param name="warn">Called with what is wrong but harmless; null for nobody.</param>
    /// <exception cref="OptionException">The size of the memory or of the cache is none.</exception>
    public static OpenContext Of(string? options, Action<string>? warn = null) => new(OptionList.Parse(options), warn);
}

using ImageFs.Images;

namespace ImageFs.Mounting;

/// <summary>What the user asked to be mounted.</summary>
/// <param name="Image">Path of the image or device, as given.</param>
/// <param name="Directory">The mount point, as given.</param>
/// <param name="Options">The mount options, in the order given, joined by commas.</param>
internal sealed record MountRequest(string Image, string Directory, string Options)
{
    /// <summary>Paths of further images, as given, where volumes of the first may have members.</summary>
    internal IReadOnlyList<string> Further { get; init; } = [];

    /// <summary>Whether this program has chosen the directory, and tells it.</summary>
    internal bool ChoseDirectory { get; init; }

    /// <summary>The directory, where this program has made it (<see cref="MadeDirectory"/>); null where it was there before.</summary>
    internal string? MadeDirectory { get; init; }

    /// <summary>The image as everybody may see it.</summary>
    internal string PublicImage => ImageLocation.ToPublic(Image);

    /// <summary>Whether what the server says until the mount answers comes to a terminal, by way of its parent.</summary>
    internal bool HasTerminal { get; init; }

    /// <summary>Whether requests are logged.</summary>
    internal bool Debug { get; init; }

    /// <summary>Whether options that nobody knows are passed over (<c>-s</c> of mount(8)'s helpers).</summary>
    internal bool IsSloppy { get; init; }

    /// <summary>
    /// Whether mount(8) asks. It says <c>rw</c> whenever nobody said <c>ro</c>, so that is not worth a word; and it is no service's main
    /// process, so none is told.
    /// </summary>
    internal bool IsFromMount { get; init; }

    /// <summary>Whether to tell how it is mounted.</summary>
    internal bool IsVerbose { get; init; }

    /// <summary>Where the server's process id is written while the mount lasts; null for nowhere.</summary>
    internal string? PidFile { get; init; }

    /// <summary>The descriptor that is written to when the mount answers; null for none.</summary>
    internal int? ReadyDescriptor { get; init; }

    /// <summary>What a server in the background has to know, as words of its command line.</summary>
    internal string[] ToWords() =>
    [
        Image, Directory, Options, $"{IsSloppy}", $"{IsFromMount}", $"{IsVerbose}", $"{!Console.IsErrorRedirected}", PidFile ?? string.Empty,
        $"{MadeDirectory is not null}", .. Further,
    ];

    /// <summary>The same from the words; null when they are none.</summary>
    internal static MountRequest? FromWords(string[] words) => words is
        [
            var image, var directory, var options, var sloppy, var fromMount, var verbose, var terminal, var pidFile,
            var made, .. var further,
        ]
        ? new MountRequest(image, directory, options)
        {
            Further = further,
            IsSloppy = sloppy == bool.TrueString,
            IsFromMount = fromMount == bool.TrueString,
            IsVerbose = verbose == bool.TrueString,
            HasTerminal = terminal == bool.TrueString,
            PidFile = pidFile.Length > 0 ? pidFile : null,
            MadeDirectory = made == bool.TrueString ? directory : null,
        }
        : null;
}

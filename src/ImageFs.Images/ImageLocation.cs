using System.Buffers;
using System.Globalization;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Containers;

namespace ImageFs.Images;

/// <summary>
/// Where an image is: a path of this machine, or an address with a scheme (<c>nbd://host/export</c>); and the way further in, when it
/// lies inside another image: <c>disk.vhdx//boot/install.iso</c>.
/// </summary>
/// <remarks>
/// <para>
/// A location that begins with <c>NAME://</c> is an address (RFC 3986 3.1), whatever files there are: a path that begins so is written
/// <c>./NAME://</c>. An address ends before the first two slashes after its authority, in its query too. Two slashes of its own are
/// written <c>/%2F</c>.
/// </para>
/// <para>A path ends before the first two slashes after a file or device: two slashes before any file are one, as for the kernel.</para>
/// </remarks>
/// <param name="Scheme">The scheme, in lower case; <see cref="LocationScheme.File"/> for a path.</param>
/// <param name="Outer">The path of the file or device; or the address, from its scheme to its end, as it was given.</param>
/// <param name="Inner">Paths inside it, each in the file system of the one before.</param>
public sealed record ImageLocation(string Scheme, string Outer, IReadOnlyList<string> Inner)
{
    /// <summary>Leads from an image into it.</summary>
    public const string Separator = "//";

    private const string SchemeEnd = "://";

    private static readonly SearchValues<char> s_schemeLetters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-.");

    // An image in an image in an image is rare enough; each has its caches.
    private const int MaxDepth = 8;

    /// <summary>Whether it begins with a path of this machine.</summary>
    public bool IsPath => Scheme == LocationScheme.File;

    /// <summary>What everybody may see of it: an address without user, password and query, which may be secrets.</summary>
    public string PublicName
    {
        get
        {
            if (IsPath)
            {
                return Join(Outer);
            }

            int start = Scheme.Length + SchemeEnd.Length;
            int end = Outer.AsSpan(start).IndexOfAny('?', '#') is >= 0 and var at ? start + at : Outer.Length;
            int path = EndOfAuthority(Outer, start);
            int host = Outer.LastIndexOf('@', path - 1, path - start) + 1;
            return Join($"{Outer[..start]}{Outer[Math.Max(host, start)..end]}");
        }
    }

    /// <summary>
    /// What the innermost image is called: the last name of its path or address. <c>disk.qcow2.gz</c> of <c>/srv/disk.qcow2.gz</c>, the host of an
    /// address that has none behind it.
    /// </summary>
    public string Name
    {
        get
        {
            string path = Inner is [.., var inner] ? inner : (IsPath ? Outer : Uri.UnescapeDataString((this with { Inner = [] }).PublicName));
            return Path.GetFileName(path.TrimEnd('/'));
        }
    }

    /// <summary>The same without what it says of formats: <c>disk</c>.</summary>
    public string BareName => ImageNames.WithoutExtensions(Name);

    /// <summary>Whether a location begins with an address, not a path.</summary>
    public static bool IsAddress(string location) => FindScheme(location) is not (null or LocationScheme.File);

    /// <summary>What everybody may see of a location, as <see cref="PublicName"/>; whether there is such an image is not looked at.</summary>
    public static string ToPublic(string location) => IsAddress(location) ? Parse(location).PublicName : location;

    /// <summary>Reads a location; what exists as it stands is no path into an image.</summary>
    /// <exception cref="UnsupportedFeatureException">It leads through too many images, or is a file's address on another machine.</exception>
    public static ImageLocation Parse(string location)
    {
        string? scheme = FindScheme(location);
        if (scheme is null)
        {
            int end = EndOfPath(location, path => path);
            return new ImageLocation(LocationScheme.File, location[..end], InnerOf(location[end..]));
        }

        int start = EndOfAuthority(location, scheme.Length + SchemeEnd.Length);
        if (scheme != LocationScheme.File)
        {
            int end = location.IndexOf(Separator, start, StringComparison.Ordinal) is >= 0 and var at ? at : location.Length;
            return new ImageLocation(scheme, location[..end], InnerOf(location[end..]));
        }

        string encoded = PathOf(location, start);
        int pathEnd = EndOfPath(encoded, Decode);
        return new ImageLocation(scheme, Decode(encoded[..pathEnd]), InnerOf(encoded[pathEnd..]));
    }

    /// <summary>The same from another beginning.</summary>
    /// <param name="outer">What stands in place of <see cref="Outer"/>.</param>
    public string Join(string outer) => string.Join(Separator, Inner.Prepend(outer));

    private static string? FindScheme(string location)
    {
        int end = location.IndexOf(SchemeEnd, StringComparison.Ordinal);
        return end > 0 && char.IsAsciiLetter(location[0]) && location.AsSpan(0, end).IndexOfAnyExcept(s_schemeLetters) < 0
            ? location[..end].ToLowerInvariant()
            : null;
    }

    private static int EndOfAuthority(string address, int start) =>
        address.AsSpan(start).IndexOfAny('/', '?', '#') is >= 0 and var at ? start + at : address.Length;

    // file:///srv/a.iso, file://localhost/srv/a.iso (RFC 8089).
    private static string PathOf(string address, int start) => address[(LocationScheme.File.Length + SchemeEnd.Length)..start] switch
    {
        "" or "localhost" => address[start..],
        string host => throw new UnsupportedFeatureException($"a file of another machine, {host} (file:///PATH is one of this)"),
    };

    private static int EndOfPath(string path, Func<string, string> decode)
    {
        if (IsImage(decode(path)))
        {
            return path.Length;
        }

        for (int at = path.IndexOf(Separator, Math.Min(1, path.Length), StringComparison.Ordinal); at > 0; at = path.IndexOf(Separator, at + 1, StringComparison.Ordinal))
        {
            if (IsImage(decode(path[..at])))
            {
                return at;
            }
        }

        return path.Length;
    }

    // A pipe is an image, too.
    private static bool IsImage(string path) => path == PipedImage.StandardInput || FileDevice.FindDescriptor(path) is not null || Paths.IsFile(path);

    // What is no path into an image has nothing after its end.
    private static string[] InnerOf(string rest)
    {
        string[] inner = rest.Split(Separator, StringSplitOptions.RemoveEmptyEntries);
        return inner.Length <= MaxDepth ? inner : throw new UnsupportedFeatureException($"an image inside more than {MaxDepth} others");
    }

    // %41 is A: bytes, of any encoding. What is no such number stands for itself, and so does %00, which no path has.
    private static string Decode(string path)
    {
        byte[] bytes = ByteText.ToBytes(path);
        int length = 0;
        for (int i = 0; i < bytes.Length; i++)
        {
            byte number = 0;
            if (bytes[i] == (byte)'%' && i + 2 < bytes.Length)
            {
                _ = byte.TryParse(bytes.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number);
            }

            bytes[length++] = number == 0 ? bytes[i] : number;
            i += number == 0 ? 0 : 2;
        }

        return ByteText.FromBytes(bytes.AsSpan(0, length));
    }
}

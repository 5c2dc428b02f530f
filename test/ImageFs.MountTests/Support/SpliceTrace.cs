using System.Globalization;
using System.Text.RegularExpressions;

namespace ImageFs.MountTests.Support;

/// <summary>What strace saw of how a server handed out the bytes of images: by reference, or through its own memory.</summary>
/// <param name="folder">Where the trace is written.</param>
internal sealed class SpliceTrace(TestFolder folder)
{
    private string[]? _lines;

    /// <summary>What is put in front of the program.</summary>
    public string[] Wrapper { get; } =
        ["strace", "-ff", "-qq", "-y", "-s", "0", "-o", folder["trace"], "-e", "trace=splice,pread64,preadv,preadv2,read,readv,sendfile,copy_file_range"];

    // Read when the server has ended.
    private string[] Lines => _lines ??= [.. Directory.GetFiles(folder.Path, "trace.*").SelectMany(File.ReadAllLines)];

    /// <summary>Bytes that were spliced from an image.</summary>
    public long SplicedFrom(string image) => Sum($@"^splice\(\d+<{Regex.Escape(image)}>, .*\)\s+= (?<bytes>\d+)");

    /// <summary>Bytes of an image that were read: tables, inodes, directories.</summary>
    public long ReadFrom(string image) => Sum($@"^(pread64|preadv2?|read|readv)\(\d+<{Regex.Escape(image)}>.*\)\s+= (?<bytes>\d+)");

    /// <summary>Calls that copy within the kernel.</summary>
    public IEnumerable<string> CopiesFrom(string image) => Lines.Where(line => Regex.IsMatch(line, $@"(sendfile|copy_file_range)\(.*<{Regex.Escape(image)}>"));

    private long Sum(string call) => Lines.Select(line => Regex.Match(line, call)).Where(match => match.Success)
        .Sum(match => long.Parse(match.Groups["bytes"].Value, CultureInfo.InvariantCulture));
}

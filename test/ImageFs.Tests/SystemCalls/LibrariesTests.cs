using System.Reflection;
using System.Text.RegularExpressions;
using ImageFs.Linux;
using ImageFs.Tests.Support;

namespace ImageFs.Tests.SystemCalls;

/// <summary>Libraries that are loaded where an image needs them are known wherever they have to be.</summary>
public sealed partial class LibrariesTests
{
    private const string ForThreadsToEnd = "libgcc_s.so.1";

    // In a sandbox others cannot be loaded (Start/libraries.c), and in a container there are no others.
    [TestCase("src/ImageFs/Start/libraries.c")]
    [TestCase("packaging/container/root.sh")]
    public void All_are_named(string path)
    {
        const BindingFlags Constants = BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic;
        IEnumerable<string> used = typeof(SystemLibrary).Assembly.GetTypes().Select(type => type.GetField("Library", Constants)?.GetRawConstantValue())
            .OfType<string>().Where(name => name != "libc.so.6");
        string list = List().Match(SourceTree.Read(path)).Value;
        Assert.That(LibraryName().Matches(list).Select(match => match.Value), Is.EqualTo(used.Append(ForThreadsToEnd).Distinct().Order(StringComparer.Ordinal)));
    }

    [GeneratedRegex(@"(names\[\] = \{|loaded=\()[^)}]*")]
    private static partial Regex List();

    [GeneratedRegex(@"lib\w+\.so\.[\d.]+")]
    private static partial Regex LibraryName();
}

using System.Globalization;
using System.Text.RegularExpressions;
using ImageFs.MountTests.Oracles;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>No byte of a file passes through the program: seen from outside, by its system calls.</summary>
[NonParallelizable]
internal sealed partial class SpliceTests
{
    private const int BlockSize = 2048;
    private const int Length = 64 << 20;
    private const string Calls = "splice,vmsplice,writev,pread64,preadv,preadv2,read,readv,process_vm_readv,mmap,sendfile,copy_file_range";

    // A bridge's files lie in the same place for both of its file systems: xorriso tells where.
    [TestCase("iso9660", "xorriso", "-no_rc -abort_on FAILURE -outdev stdio:data.iso -map data /data -commit")]
    [TestCase("udf", "genisoimage", "-quiet -R -udf -o data.iso data")]
    public void A_file_of_64_MiB_is_spliced_and_never_read(string type, string program, string arguments)
    {
        Need.Program(program, program);
        Need.Program("strace", "strace");
        using var folder = new TestFolder();
        string source = folder["data"];
        Tool.Shell("seq -f 'line %.0f of a file with nothing but lines' 4000000 | head -c \"$2\" >\"$1\"", source, $"{Length}");
        string image = folder["data.iso"];
        Tool.Shell("cd \"$1\" && exec $2 $3", folder.Path, program, arguments).Succeeded();
        long start = StartOf(image, "/data");

        string trace = folder["trace"];
        // A file for each thread: in one file the lines of calls that overlap would be in pieces.
        string[] strace = ["strace", "-ff", "-qq", "-y", "-s", "0", "-o", trace, "-e", $"trace={Calls}"];
        using (var mount = ImageMount.MountInForeground(image, $"fs={type}", awaitAnswer: true, strace))
        {
            Tool.Run("cmp", source, mount["data"]).Succeeded();
            Assert.That(mount.Unmount().ExitCode, Is.Zero);
            Assert.That(ImageMount.Eventually(() => mount.Server!.HasExited));
        }

        string[] lines = [.. Directory.GetFiles(folder.Path, "trace.*").SelectMany(File.ReadAllLines)];
        long spliced = Sum(lines, SpliceToFuse());
        long gathered = Sum(lines, WriteToFuse());
        Assert.That(spliced + gathered, Is.GreaterThanOrEqualTo(Length), "bytes that went to /dev/fuse by reference");
        Assert.That(gathered, Is.LessThan(Length / 100), "bytes of small replies, gathered from mapped pages");

        string imageName = Regex.Escape(image);
        var readOfImage = new Regex($@"(?<call>pread64|preadv2?|read|readv)\(\d+<{imageName}>, .*?(, (?<offset>\d+)(, \w+)?)?\)\s+= (?<bytes>\d+)$");
        string[] readsOfData =
        [
            .. lines.Where(line => readOfImage.Match(line) is { Success: true } read
                && (!read.Groups["offset"].Success || Overlaps(Number(read.Groups["offset"]), Number(read.Groups["bytes"]), start))),
        ];
        Assert.That(readsOfData, Is.Empty);
        Assert.That(lines.Where(line => Regex.IsMatch(line, $@"(sendfile|copy_file_range)\(.*<{imageName}>")), Is.Empty);
    }

    private static long Sum(string[] lines, Regex call) =>
        lines.Select(line => call.Match(line)).Where(match => match.Success).Sum(match => Number(match.Groups["bytes"]));

    private static bool Overlaps(long offset, long bytes, long start) => offset < start + Length && offset + bytes > start;

    private static long Number(Group group) => long.Parse(group.Value, CultureInfo.InvariantCulture);

    // xorriso -exec report_lba: "File data lba:  0 , 35 , 32768 , 67108864 , '/data'"
    private static long StartOf(string image, string path) =>
        BlockSize * Number(Regex.Match(Xorriso.Report(image, "-find", path, "-exec", "report_lba", "--"), @"File data lba:\s*0\s*,\s*(\d+)").Groups[1]);

    [GeneratedRegex(@"^splice\(\d+<pipe:[^>]*>, NULL, \d+<[^>]*fuse[^>]*>, NULL, \d+, [^)]*\)\s+= (?<bytes>\d+)")]
    private static partial Regex SpliceToFuse();

    [GeneratedRegex(@"^writev\(\d+<[^>]*fuse[^>]*>, .*\)\s+= (?<bytes>\d+)")]
    private static partial Regex WriteToFuse();
}

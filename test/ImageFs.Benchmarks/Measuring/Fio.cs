using System.Text.Json;

namespace ImageFs.Benchmarks.Measuring;

/// <summary>The flexible I/O tester, fio(1).</summary>
/// <param name="probe">Takes the machine's CPU time.</param>
/// <param name="folder">For what it tells.</param>
internal sealed class Fio(Probe probe, string folder)
{
    private const double Gigabyte = 1e9;
    private const int Endless = 100_000;

    private readonly string _small = MakeSmallFile(Path.Combine(folder, "small.bin"));

    /// <summary>Runs a job.</summary>
    /// <param name="job">What to do.</param>
    /// <param name="file">The file to read.</param>
    /// <param name="size">Its bytes.</param>
    /// <exception cref="InvalidOperationException">A read failed.</exception>
    public FioResult Run(FioJob job, string file, long size)
    {
        string output = Path.Combine(folder, "fio.json");
        long part = size / job.Readers;

        // What is over in a moment would be charged with the start of fio.
        double start = job.Seconds is null ? Measure(["--name=start", $"--filename={_small}", "--size=4k", "--rw=read"]).CpuSeconds : 0;
        Probe.Time time = Measure(
            [
                "--name=job", $"--filename={file}", "--group_reporting", "--output-format=json", $"--output={output}",
                "--invalidate=1", "--randrepeat=1",
                job.IsRandom ? "--rw=randread" : "--rw=read",
                job.Access == Access.Mapped ? "--ioengine=mmap" : "--ioengine=psync",
                job.Access == Access.Direct ? "--direct=1" : "--direct=0",
                $"--bs={job.BlockSize}", $"--numjobs={job.Readers}", $"--size={part}", $"--offset_increment={part}",
                .. job.Seconds is { } seconds ? (string[])[$"--loops={Endless}", $"--runtime={seconds * 1000:F0}ms"] : ["--loops=1"],
            ]);

        using var json = JsonDocument.Parse(File.ReadAllText(output));
        JsonElement read = json.RootElement.GetProperty("jobs")[0].GetProperty("read");
        double bytes = read.GetProperty("io_bytes").GetDouble();
        return new FioResult(
            read.GetProperty("bw_bytes").GetDouble(),
            read.GetProperty("iops").GetDouble(),
            Math.Max(0, time.CpuSeconds - start) / (bytes / Gigabyte));
    }

    private static string MakeSmallFile(string path)
    {
        File.WriteAllBytes(path, new byte[Environment.SystemPageSize]);
        return path;
    }

    private Probe.Time Measure(IEnumerable<string> arguments) => probe.Measure(["timeout", "60", "fio", "--readonly", "--thread", .. arguments]);
}

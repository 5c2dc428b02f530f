using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace ImageFs.Benchmarks.Micro;

/// <summary>The benchmarks of this folder, run by BenchmarkDotNet.</summary>
internal static class MicroBenchmarks
{
    /// <summary>Runs them: a short job, unless the arguments name another.</summary>
    /// <param name="arguments">BenchmarkDotNet's own.</param>
    /// <returns>The exit status.</returns>
    public static int Run(string[] arguments)
    {
        // In this process: a generated project would be built by the rules of this repository.
        Job job = Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance);
        IConfig config = DefaultConfig.Instance.AddJob(job).WithArtifactsPath(Path.Combine(new Settings().Folder, "micro"));
        BenchmarkDotNet.Reports.Summary[] summaries = [.. BenchmarkSwitcher.FromAssembly(typeof(MicroBenchmarks).Assembly).Run(arguments, config)];
        return summaries.Length > 0 && summaries.All(summary => !summary.HasCriticalValidationErrors && summary.Reports.All(report => report.Success)) ? 0 : 1;
    }
}

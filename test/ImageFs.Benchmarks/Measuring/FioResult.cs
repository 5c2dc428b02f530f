namespace ImageFs.Benchmarks.Measuring;

/// <summary>What fio has found.</summary>
/// <param name="BytesPerSecond">Bytes read in a second.</param>
/// <param name="ReadsPerSecond">Reads in a second.</param>
/// <param name="CpuPerGigabyte">Seconds that all CPUs of the machine were busy for 10^9 bytes.</param>
internal readonly record struct FioResult(double BytesPerSecond, double ReadsPerSecond, double CpuPerGigabyte);

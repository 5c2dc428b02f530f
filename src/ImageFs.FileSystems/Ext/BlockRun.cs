using ImageFs.Storage;

namespace ImageFs.FileSystems.Ext;

/// <summary>Blocks of a file that lie together.</summary>
/// <param name="First">The first of them, in the file.</param>
/// <param name="Count">Their number; at least 1.</param>
/// <param name="Kind">What stands behind them.</param>
/// <param name="Start">The first of them in the volume, when they are mapped.</param>
internal readonly record struct BlockRun(long First, long Count, ExtentKind Kind, long Start = 0);

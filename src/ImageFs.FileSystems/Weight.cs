namespace ImageFs.FileSystems;

/// <summary>How much speaks for a file system that is one of several in the same place.</summary>
/// <param name="Evidence">What there is of it.</param>
/// <param name="Length">How long it says that it is, in bytes; 0 when it does not.</param>
/// <param name="Problem">What shows that it was written over; empty when nothing does.</param>
public sealed record Weight(Evidence Evidence, long Length, string Problem = "");

namespace ImageFs.Linux;

/// <summary>
/// The C library's functions that the program calls, by their own names; one file for each subject.
/// Other projects reach them by the wrappers beside, which take spans and descriptors.
/// </summary>
internal static unsafe partial class Libc
{
    private const string Library = "libc";
}

namespace ImageFs.Storage.Containers;

/// <summary>Paths as Windows has them, in images that were made there.</summary>
internal static class WindowsPath
{
    /// <summary>The path in this system's form; of one with a drive, where nothing corresponds to it here, its last name: beside the image.</summary>
    /// <exception cref="InvalidImageException">It is empty, or no path.</exception>
    public static string Convert(string path)
    {
        string converted = path.TrimEnd('\0').Replace('\\', '/');
        bool hasDrive = converted.StartsWith("//", StringComparison.Ordinal) || (converted.Length > 1 && converted[1] == ':');
        string result = hasDrive ? converted[(converted.LastIndexOfAny(['/', ':']) + 1)..] : converted;
        return result.Length > 0 && !result.Contains('\0', StringComparison.Ordinal)
            ? result
            : throw new InvalidImageException("parent locator", 0, $"the path \"{path}\" names no file");
    }
}

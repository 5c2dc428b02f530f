namespace ImageFs.Tests.Support;

/// <summary>The project's own files.</summary>
internal static class SourceTree
{
    /// <summary>Its root folder.</summary>
    public static string Folder { get; } = Find();

    /// <summary>A text file by its path in the project.</summary>
    public static string Read(string path) => File.ReadAllText(Path.Combine(Folder, path));

    private static string Find()
    {
        string folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "ImageFs.sln")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("the tests run outside of their sources");
        }

        return folder;
    }
}

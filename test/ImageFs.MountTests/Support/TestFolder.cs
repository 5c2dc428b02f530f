namespace ImageFs.MountTests.Support;

/// <summary>A folder of one test's own, gone with it.</summary>
internal sealed class TestFolder : IDisposable
{
    public TestFolder()
    {
        Path = Directory.CreateTempSubdirectory("imagefs-test-").FullName;

        // Other users mount here too.
        File.SetUnixFileMode(Path, (UnixFileMode)Convert.ToInt32("755", 8));
    }

    public string Path { get; }

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public string CreateDirectory(string name) => Directory.CreateDirectory(this[name]).FullName;

    public void Dispose()
    {
        if (!MountTable.IsAnythingUnder(Path))
        {
            // Names that are no UTF-8 are not to be deleted by Directory.
            Tool.CleanUp("rm", "-rf", "--one-file-system", Path).Succeeded();
        }
    }
}

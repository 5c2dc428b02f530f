using ImageFs.MountTests.Oracles;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>What the tests of one run share: unpacked images, compiled helpers. Gone with the run.</summary>
[SetUpFixture]
internal sealed class RunFolder
{
    private static readonly Lazy<TestFolder> s_folder = new(() => new TestFolder());

    public static string Path => s_folder.Value.Path;

    [OneTimeTearDown]
    public void Remove()
    {
        LinuxReader.Stop();
        if (s_folder.IsValueCreated)
        {
            s_folder.Value.Dispose();
        }
    }
}

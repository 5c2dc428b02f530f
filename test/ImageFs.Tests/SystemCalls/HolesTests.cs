using ImageFs.Linux;

namespace ImageFs.Tests.SystemCalls;

/// <summary>Holes of files, asked of the kernel.</summary>
public sealed class HolesTests
{
    private const int Unit = 1 << 20;

    [Test]
    public void A_hole_is_as_long_as_there_are_no_data()
    {
        string path = Path.GetTempFileName();
        try
        {
            using (FileStream made = File.OpenWrite(path))
            {
                made.Position = 4 * Unit;
                made.Write(new byte[Unit]);
                made.SetLength(9 * Unit);
            }

            using FileDescriptor file = Files.Open(path, OpenFlags.ReadOnly);
            Assert.That(Files.HoleLength(file, 0), Is.EqualTo(4 * Unit));
            Assert.That(Files.HoleLength(file, (3 * Unit) + 5), Is.EqualTo(Unit - 5));
            Assert.That(Files.HoleLength(file, (4 * Unit) + 5), Is.Zero);
            Assert.That(Files.HoleLength(file, 6 * Unit), Is.EqualTo(3 * Unit));
            Assert.That(Files.HoleLength(file, 10 * Unit), Is.Zero);
        }
        finally
        {
            File.Delete(path);
        }
    }
}

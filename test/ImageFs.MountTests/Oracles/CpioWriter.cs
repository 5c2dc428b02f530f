using System.Globalization;
using System.Text;

namespace ImageFs.MountTests.Oracles;

/// <summary>Writes an archive in the kernel's format for an initial file system (the kernel's initramfs-buffer-format: newc).</summary>
internal sealed class CpioWriter(Stream stream)
{
    private const int Directory = 0x4000;
    private const int CharacterDevice = 0x2000;
    private const int BlockDevice = 0x6000;
    private const int RegularFile = 0x8000;

    private int _inode;

    public void AddDirectory(string name) => Add(name, Directory | Convert.ToInt32("755", 8), []);

    public void AddFile(string name, byte[] contents) => Add(name, RegularFile | Convert.ToInt32("755", 8), contents);

    public void AddCharacterDevice(string name, int major, int minor) => Add(name, CharacterDevice | Convert.ToInt32("600", 8), [], major, minor);

    public void AddBlockDevice(string name, int major, int minor) => Add(name, BlockDevice | Convert.ToInt32("600", 8), [], major, minor);

    public void End() => Add("TRAILER!!!", 0, []);

    private void Add(string name, int mode, byte[] contents, int major = 0, int minor = 0)
    {
        int[] fields = [++_inode, mode, 0, 0, 1, 0, contents.Length, 0, 0, major, minor, name.Length + 1, 0];
        var header = new StringBuilder("070701");
        foreach (int field in fields)
        {
            header.Append(field.ToString("X8", CultureInfo.InvariantCulture));
        }

        WritePadded(Encoding.ASCII.GetBytes($"{header}{name}\0"));
        WritePadded(contents);
    }

    private void WritePadded(byte[] bytes)
    {
        stream.Write(bytes);
        stream.Write(new byte[-bytes.Length & 3]);
    }
}

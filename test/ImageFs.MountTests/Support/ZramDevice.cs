using System.Globalization;

namespace ImageFs.MountTests.Support;

/// <summary>A compressed block device in memory of a test's own, gone with it (Documentation/admin-guide/blockdev/zram.rst).</summary>
internal sealed class ZramDevice : IDisposable
{
    private const string Control = "/sys/class/zram-control";
    private readonly int _number;

    /// <summary>Makes a device that holds an image.</summary>
    public ZramDevice(string image)
    {
        Need.Root();
        if (!Directory.Exists(Control))
        {
            Assert.Ignore($"no {Control} here: this kernel has no zram, or its module is not loaded");
        }

        // To read it is to make a device.
        _number = int.Parse(File.ReadAllText($"{Control}/hot_add"), CultureInfo.InvariantCulture);
        try
        {
            File.WriteAllText($"/sys/block/zram{_number}/disksize", $"{new FileInfo(image).Length}");
            if (!File.Exists(Path))
            {
                string[] numbers = File.ReadAllText($"/sys/block/zram{_number}/dev").Trim().Split(':');
                Tool.Run("mknod", Path, "b", numbers[0], numbers[1]).Succeeded();
            }

            Tool.Run("dd", $"if={image}", $"of={Path}", "bs=1M", "conv=fsync", "status=none").Succeeded();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The device's node.</summary>
    public string Path => $"/dev/zram{_number}";

    public void Dispose() => Tool.CleanUp("sh", "-c", $"echo {_number} >{Control}/hot_remove").Succeeded();
}

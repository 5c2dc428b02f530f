using System.Globalization;
using System.Text;
using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.Manifest;

/// <summary>A device that a manifest is of, as the end of the file says it.</summary>
/// <param name="Name">The name of its file, without the folder.</param>
/// <param name="Length">Its bytes.</param>
/// <param name="Digest">Its digest (<see cref="VerityDigest"/>) in hexadecimal; empty when none was asked for.</param>
public sealed record ManifestDevice(string Name, long Length, string Digest)
{
    /// <summary>What is to be said of a device.</summary>
    /// <param name="device">The device.</param>
    /// <param name="hasDigest">Whether its digest is wanted: all of it is read.</param>
    /// <exception cref="LinuxException">It cannot be read.</exception>
    public static ManifestDevice Of(FileDevice device, bool hasDigest) =>
        new(NameOf(device), device.Length, hasDigest ? Convert.ToHexStringLower(VerityDigest.Of(device)) : string.Empty);

    // A line each: what would end one is replaced.
    private static string NameOf(FileDevice device) => Path.GetFileName(device.Name).Replace('\n', '?');
}

/// <summary>
/// What stands behind a manifest that is a file: lines of text that say which devices it is of, filled up with bytes of zero to a whole block. Linux and
/// erofs-utils do not look at it.
/// </summary>
public static class ManifestTrailer
{
    private const string FirstLine = "imagefs-manifest 1";
    private const string DeviceWord = "device";
    private const string DigestPrefix = "sha256:";
    private const string NoDigest = "-";
    private const int MaxLength = 1 << 20;
    private const int MinBlockSize = 512;

    /// <summary>Makes one.</summary>
    /// <param name="devices">The devices, in the order of the manifest's table.</param>
    /// <param name="blockSize">Bytes of a block.</param>
    public static byte[] Make(IEnumerable<ManifestDevice> devices, int blockSize)
    {
        var text = new StringBuilder($"{FirstLine}\n");
        foreach (ManifestDevice device in devices)
        {
            text.Append(CultureInfo.InvariantCulture, $"{DeviceWord} {device.Length} {(device.Digest.Length > 0 ? DigestPrefix + device.Digest : NoDigest)} {device.Name}\n");
        }

        byte[] bytes = ByteText.ToBytes(text.ToString());
        Array.Resize(ref bytes, (bytes.Length + blockSize - 1) & -blockSize);
        return bytes;
    }

    /// <summary>Reads that of a file.</summary>
    /// <param name="file">The manifest with all that stands behind it.</param>
    /// <returns>The devices; null when there is none.</returns>
    public static IReadOnlyList<ManifestDevice>? Find(ReadOnlySpan<byte> file)
    {
        ReadOnlySpan<byte> first = Encoding.ASCII.GetBytes($"{FirstLine}\n");
        int least = Math.Max(0, file.Length - MaxLength);
        for (int at = (file.Length - 1) & -MinBlockSize; at >= least && at >= 0; at -= MinBlockSize)
        {
            if (file[at..].StartsWith(first))
            {
                return Parse(ByteText.FromBytes(file[(at + first.Length)..].TrimEnd((byte)0)));
            }
        }

        return null;
    }

    private static List<ManifestDevice>? Parse(string text)
    {
        var devices = new List<ManifestDevice>();
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Split(' ', 4) is not [DeviceWord, var length, var digest, var name]
                || !long.TryParse(length, NumberStyles.None, CultureInfo.InvariantCulture, out long bytes))
            {
                return null;
            }

            devices.Add(new ManifestDevice(name, bytes, digest.StartsWith(DigestPrefix, StringComparison.Ordinal) ? digest[DigestPrefix.Length..] : string.Empty));
        }

        return devices;
    }
}

using System.Text;
using ImageFs.Linux;

namespace ImageFs.Storage.Containers.Vhd;

/// <summary>Finds the parent of a differencing disk: by the paths that its header leads to (VHD: Parent Locators).</summary>
internal static class ParentLocator
{
    private const uint RelativeUnicode = 0x57327275; // W2ru
    private const uint AbsoluteUnicode = 0x57326B75; // W2ku
    private const uint MacUrl = 0x4D616358; // MacX
    private const uint MaxLength = 64 * 1024;

    /// <summary>The best path that there is: a relative one, or a name beside the image.</summary>
    /// <exception cref="InvalidImageException">There is none, or it is no path.</exception>
    public static string Find(BlockSource file, DynamicHeader header)
    {
        foreach (uint platform in (ReadOnlySpan<uint>)[RelativeUnicode, MacUrl, AbsoluteUnicode])
        {
            for (int i = 0; i < DynamicHeader.LocatorCount; i++)
            {
                (uint found, ulong offset, uint length) = header.Locator(i);
                if (found == platform && length > 0)
                {
                    return Convert(platform, Read(file, offset, length));
                }
            }
        }

        return header.ParentName.Length > 0
            ? WindowsPath.Convert(header.ParentName)
            : throw new InvalidImageException("vhd parent locator", 0, "there is none, and no name", "VHD: Parent Locators");
    }

    private static byte[] Read(BlockSource file, ulong offset, uint length)
    {
        if (length > MaxLength || offset > (ulong)file.Length || length > file.Length - (long)offset)
        {
            throw new InvalidImageException("vhd parent locator", 0, $"{length} bytes at 0x{offset:X}", "VHD: Parent Locators");
        }

        byte[] bytes = new byte[length];
        file.ReadAt((long)offset, bytes);
        return bytes;
    }

    private static string Convert(uint platform, byte[] path)
    {
        if (platform != MacUrl)
        {
            return WindowsPath.Convert(Encoding.Unicode.GetString(path));
        }

        const string Local = "file://";
        string url = ByteText.FromBytes(path).TrimEnd('\0');
        string unescaped = Uri.UnescapeDataString(url.StartsWith(Local, StringComparison.Ordinal) ? url[Local.Length..] : url);
        return WindowsPath.Convert(unescaped.StartsWith("localhost/", StringComparison.Ordinal) ? unescaped["localhost".Length..] : unescaped);
    }
}

using ImageFs.FileSystems.Names;
using ImageFs.FileSystems.Udf.Structures;

namespace ImageFs.FileSystems.Udf.Files;

/// <summary>The target of a symbolic link, out of its path components (ECMA-167 4/14.16), as Linux puts them together.</summary>
internal static class SymbolicLinkTarget
{
    /// <summary>Bytes of the longest target: a page, with a zero after it.</summary>
    public const int MaxLength = 4095;

    /// <summary>Bytes of the longest contents.</summary>
    public const int MaxRecordedLength = 64 * 1024;

    private const int HeaderLength = 4;

    private enum ComponentType : byte
    {
        AgreedRoot = 1,
        Root = 2,
        Parent = 3,
        Current = 4,
        Name = 5,
    }

    /// <param name="components">The contents of the link.</param>
    /// <param name="charset">What to show it in.</param>
    /// <returns>Null when a component is damaged, or the target too long.</returns>
    public static byte[]? Translate(ReadOnlySpan<byte> components, NameCharset charset)
    {
        Span<byte> target = stackalloc byte[MaxLength];
        int length = 0;
        while (components.Length > 0)
        {
            if (components.Length < HeaderLength)
            {
                return null;
            }

            var type = (ComponentType)components[0];
            int nameLength = components[1];
            components = components[HeaderLength..];
            ReadOnlySpan<byte> name = components[..Math.Min(nameLength, components.Length)];
            ReadOnlySpan<byte> part = default;
            switch (type)
            {
                // A root that is agreed upon elsewhere is passed over.
                case ComponentType.AgreedRoot when nameLength > 0:
                    components = components[name.Length..];
                    continue;
                case ComponentType.AgreedRoot or ComponentType.Root:
                    length = 0;
                    part = "/"u8;
                    break;
                case ComponentType.Parent:
                    part = "../"u8;
                    break;
                case ComponentType.Current:
                    part = "./"u8;
                    break;
                case ComponentType.Name:
                    if (name.Length < nameLength || !TryAddName(name, charset, target, ref length))
                    {
                        return null;
                    }

                    components = components[nameLength..];
                    break;
                default:
                    continue;
            }

            if (!part.TryCopyTo(target[length..]))
            {
                return null;
            }

            length += part.Length;
        }

        // The '/' after the last component, unless that is all there is.
        return target[..(length > 1 ? length - 1 : length)].ToArray();
    }

    private static bool TryAddName(ReadOnlySpan<byte> name, NameCharset charset, Span<byte> target, ref int length)
    {
        int added = FileName.Translate(name, charset, target[length..]);
        length += added;
        if (added == 0 || length == target.Length)
        {
            return false;
        }

        target[length++] = (byte)'/';
        return true;
    }
}

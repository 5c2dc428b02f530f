using System.Globalization;

namespace ImageFs.MountTests.Support;

/// <summary>
/// An image of SquashFS with the files <c>a</c>, <c>b</c> and <c>c</c>, of which <c>b</c> is damaged in its middle: <c>image</c> in a folder, beside
/// <c>sound</c>, which is not, and <c>t</c>, the files.
/// </summary>
internal static class DamagedSquashFs
{
    private const string Script = """
        cd "$1"; mkdir t; echo a >t/a; head -c "$2" /dev/urandom | base64 -w0 >t/b; truncate -s "$2" t/b; echo c >t/c
        mksquashfs t sound -quiet -no-progress -noappend -comp gzip -b 128K -no-fragments; cp sound image
        dd if=/dev/zero of=image bs=1 seek=$(($(stat -c %s image) / 2)) count=32 conv=notrunc status=none
        """;

    /// <summary>Makes it.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="size">Bytes of the damaged file.</param>
    public static void Make(TestFolder folder, int size = 900_000)
    {
        Need.Program("mksquashfs", "squashfs-tools");
        Tool.Run("bash", "-ec", Script, "bash", folder.Path, size.ToString(CultureInfo.InvariantCulture)).Succeeded();
    }
}

using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using ImageFs.MountTests.Support;
using static ImageFs.MountTests.Support.InfoReport;

namespace ImageFs.MountTests.Oracles;

/// <summary>util-linux's sfdisk: writes partition tables and reads them.</summary>
internal static class Sfdisk
{
    private const int SectorSize = 512;

    /// <summary>A partition, in bytes.</summary>
    public sealed record Partition(int Number, long Start, long Size, string Type, string Name, string Uuid);

    /// <summary>A table: "dos" or "gpt", and its identifier.</summary>
    public sealed record Table(string Type, string Id, Partition[] Partitions);

    /// <summary>What it reads of a disk.</summary>
    public static Table Read(string disk, int sectorSize = SectorSize)
    {
        Need.Program("sfdisk", "fdisk");
        using LoopDevice? device = WithSectors(disk, sectorSize);
        using var json = JsonDocument.Parse(Tool.Run("sfdisk", "-J", device?.Path ?? disk).Succeeded().Text);
        JsonElement table = json.RootElement.GetProperty("partitiontable");
        Partition[] partitions =
        [
            .. table.GetProperty("partitions").EnumerateArray().Select(part => new Partition(
                int.Parse(Regex.Match(Text(part, "node"), @"\d+$").Value, CultureInfo.InvariantCulture),
                sectorSize * Number(part, "start"),
                sectorSize * Number(part, "size"),
                TypeOf(Text(part, "type")),
                Text(part, "name"),
                Text(part, "uuid").ToLowerInvariant())),
        ];
        return new Table(Text(table, "label"), Text(table, "id").ToLowerInvariant(), partitions);
    }

    /// <summary>Makes a disk.</summary>
    /// <param name="disk">Its file.</param>
    /// <param name="mebibytes">Its size.</param>
    /// <param name="script">The table, in sfdisk's words.</param>
    /// <param name="sectorSize">Bytes of a sector.</param>
    public static void Write(string disk, int mebibytes, string script, int sectorSize = SectorSize)
    {
        Need.Program("sfdisk", "fdisk");
        Tool.Run("truncate", "-s", $"{mebibytes}M", disk).Succeeded();
        using LoopDevice? device = WithSectors(disk, sectorSize);
        Tool.Shell("printf '%s\\n' \"$1\" | sfdisk -q --no-reread --no-tell-kernel \"$2\"", script, device?.Path ?? disk).Succeeded();
    }

    /// <summary>A type as both sfdisk and lsblk mean it: a GUID in capitals or not; an MBR's number, with and without 0x and zeros in front.</summary>
    public static string TypeOf(string type) =>
        type.Contains('-', StringComparison.Ordinal) ? type.ToLowerInvariant() : $"{Convert.ToInt32(type, 16):x}";

    // sfdisk has --sector-size since 2.41; a device tells it.
    private static LoopDevice? WithSectors(string disk, int sectorSize) =>
        sectorSize == SectorSize ? null : new LoopDevice(disk, "-b", $"{sectorSize}");
}

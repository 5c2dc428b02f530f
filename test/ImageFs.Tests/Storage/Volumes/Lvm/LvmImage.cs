using System.Buffers.Binary;
using System.Text;
using ImageFs.Storage.Volumes.Lvm;

namespace ImageFs.Tests.Storage.Volumes.Lvm;

/// <summary>Physical volumes written by hand: a label, metadata areas, and the text of a volume group in them (lib/format_text/layout.h).</summary>
internal static class LvmImage
{
    public const int ExtentLength = 64 << 10;
    public const int DataStart = 64 << 10;
    public const int AreaStart = 4096;
    public const int AreaLength = 16 << 10;
    public const int SecondAreaStart = AreaStart + AreaLength;

    private const int SectorSize = 512;
    private const int HeaderLength = 512;

    /// <summary>The UUID of a physical volume by its number, as a text has it.</summary>
    public static string Uuid(int number) => $"000000-0000-0000-0000-0000-0000-00000{number}";

    /// <summary>A physical volume whose extents are each filled with bytes of their own.</summary>
    /// <param name="number">Its number, which makes its UUID.</param>
    /// <param name="extents">Its extents.</param>
    /// <param name="text">The text of its metadata; null for a volume that is in no group.</param>
    /// <param name="second">The text of a second area; null for none.</param>
    /// <param name="sector">The sector of the label.</param>
    public static byte[] Write(int number, int extents, string? text, string? second = null, int sector = 1)
    {
        byte[] bytes = new byte[DataStart + (extents * ExtentLength)];
        for (int extent = 0; extent < extents; extent++)
        {
            for (int i = 0; i < ExtentLength; i += sizeof(int))
            {
                BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(DataStart + (extent * ExtentLength) + i), (number << 28) | (extent << 20) | i);
            }
        }

        WriteLabel(bytes, number, second is null ? 1 : 2, sector);
        WriteArea(bytes, AreaStart, text);
        if (second is not null)
        {
            WriteArea(bytes, SecondAreaStart, second);
        }

        return bytes;
    }

    /// <summary>Writes a label.</summary>
    /// <param name="bytes">The physical volume.</param>
    /// <param name="number">Its number.</param>
    /// <param name="areas">Its metadata areas.</param>
    /// <param name="sector">The sector.</param>
    /// <param name="isUsed">Whether a group has it.</param>
    public static void WriteLabel(byte[] bytes, int number, int areas, int sector = 1, bool isUsed = true)
    {
        Span<byte> label = bytes.AsSpan(sector * SectorSize, SectorSize);
        label.Clear();
        "LABELONE"u8.CopyTo(label);
        BinaryPrimitives.WriteInt64LittleEndian(label[8..], sector);
        BinaryPrimitives.WriteInt32LittleEndian(label[20..], 32);
        "LVM2 001"u8.CopyTo(label[24..]);
        Encoding.ASCII.GetBytes(Uuid(number).Replace("-", string.Empty, StringComparison.Ordinal), label[32..]);
        BinaryPrimitives.WriteInt64LittleEndian(label[64..], bytes.Length);
        long[] lists = [DataStart, 0, 0, 0, .. Enumerable.Range(0, areas).SelectMany(area => (long[])[AreaStart + (area * AreaLength), AreaLength]), 0, 0];
        for (int i = 0; i < lists.Length; i++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(label[(72 + (8 * i))..], lists[i]);
        }

        BinaryPrimitives.WriteInt32LittleEndian(label[(72 + (8 * lists.Length))..], 2);
        BinaryPrimitives.WriteInt32LittleEndian(label[(76 + (8 * lists.Length))..], isUsed ? 1 : 0);
        BinaryPrimitives.WriteUInt32LittleEndian(label[16..], LvmChecksum.Of(label[20..]));
    }

    /// <summary>Writes a metadata area.</summary>
    /// <param name="bytes">The physical volume.</param>
    /// <param name="start">Where it is.</param>
    /// <param name="text">The text in it; null for none.</param>
    /// <param name="offset">Where in the area the text begins: what does not fit is written behind the header.</param>
    public static void WriteArea(byte[] bytes, int start, string? text, int offset = HeaderLength)
    {
        Span<byte> area = bytes.AsSpan(start, AreaLength);
        Span<byte> header = area[..HeaderLength];
        header.Clear();
        " LVM2 x[5A%r0N*>"u8.CopyTo(header[4..]);
        BinaryPrimitives.WriteInt32LittleEndian(header[20..], 1);
        BinaryPrimitives.WriteInt64LittleEndian(header[24..], start);
        BinaryPrimitives.WriteInt64LittleEndian(header[32..], AreaLength);
        if (text is not null)
        {
            byte[] encoded = Encoding.UTF8.GetBytes($"{text}\0");
            int first = Math.Min(encoded.Length, AreaLength - offset);
            encoded.AsSpan(0, first).CopyTo(area[offset..]);
            encoded.AsSpan(first).CopyTo(area[HeaderLength..]);
            BinaryPrimitives.WriteInt64LittleEndian(header[40..], offset);
            BinaryPrimitives.WriteInt64LittleEndian(header[48..], encoded.Length);
            BinaryPrimitives.WriteUInt32LittleEndian(header[56..], LvmChecksum.Of(encoded));
        }

        BinaryPrimitives.WriteUInt32LittleEndian(header, LvmChecksum.Of(header[4..]));
    }

    /// <summary>The text of the group "vg".</summary>
    /// <param name="extents">The extents of each of its physical volumes, which are numbered from 0.</param>
    /// <param name="volumes">The sections of its logical volumes.</param>
    /// <param name="sequence">Its seqno.</param>
    /// <param name="status">Its status.</param>
    public static string Text(int[] extents, string volumes, int sequence = 1, string status = "\"RESIZEABLE\", \"READ\", \"WRITE\"")
    {
        string physical = string.Concat(extents.Select((count, number) => $$"""
            pv{{number}} {
              id = "{{Uuid(number)}}"
              device = "/dev/sd{{(char)('a' + number)}}"	# Hint only
              status = ["ALLOCATABLE"]
              flags = []
              pe_start = {{DataStart / SectorSize}}
              pe_count = {{count}}
            }

            """));
        return $$"""
            vg {
            id = "{{Uuid(9)}}"
            seqno = {{sequence}}
            format = "lvm2"			# informational
            status = [{{status}}]
            flags = []
            extent_size = {{ExtentLength / SectorSize}}		# 64 Kilobytes
            max_lv = 0
            physical_volumes {
            {{physical}}}
            logical_volumes {
            {{volumes}}}
            }
            # Generated by hand
            contents = "Text Format Volume Group"
            version = 1
            description = "a \"text\" with \\ in it"
            """;
    }

    /// <summary>The section of a logical volume.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="segments">Of each segment its extents and the rest of its section.</param>
    public static string Volume(string name, params (int Extents, string Body)[] segments)
    {
        int start = 0;
        string sections = string.Empty;
        for (int i = 0; i < segments.Length; i++)
        {
            sections += $"segment{i + 1} {{\nstart_extent = {start}\nextent_count = {segments[i].Extents}\n{segments[i].Body}\n}}\n";
            start += segments[i].Extents;
        }

        return $"{name} {{\nid = \"{name.PadRight(6, 'x')[..6]}-0000-0000-0000-0000-0000-000000\"\nstatus = [\"READ\", \"WRITE\", \"VISIBLE\"]\nflags = []\nsegment_count = {segments.Length}\n{sections}}}\n";
    }

    /// <summary>The rest of the section of a linear segment.</summary>
    public static string Linear(string on, int extent) => $"type = \"striped\"\nstripe_count = 1 # linear\nstripes = [\n\"{on}\", {extent}\n]";

    /// <summary>The rest of the section of a striped segment.</summary>
    public static string Striped(int chunk, params (string On, int Extent)[] areas) =>
        $"type = \"striped\"\nstripe_count = {areas.Length}\nstripe_size = {chunk / SectorSize}\nstripes = [\n{string.Join(",\n", areas.Select(area => $"\"{area.On}\", {area.Extent}"))}\n]";
}

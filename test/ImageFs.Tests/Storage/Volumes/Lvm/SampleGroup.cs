using System.Text;
using ImageFs.Storage;
using ImageFs.Storage.Volumes.Lvm;

namespace ImageFs.Tests.Storage.Volumes.Lvm;

/// <summary>A volume group that a test describes: volumes with bytes of their own, and segments over them.</summary>
internal sealed class SampleGroup
{
    /// <summary>Bytes of an extent.</summary>
    public const int Extent = 64 * 1024;

    private readonly StringBuilder _volumes = new();
    private readonly List<byte> _bytes = [];

    /// <summary>What was told while volumes were opened.</summary>
    public List<string> Warnings { get; } = [];

    /// <summary>Adds a volume that lies on a physical volume.</summary>
    public SampleGroup Linear(string name, byte[] bytes, bool isVisible = true)
    {
        int extents = (bytes.Length + Extent - 1) / Extent;
        Segment(name, extents, "striped", $"stripe_count = 1\nstripes = [ \"pv0\", {_bytes.Count / Extent} ]", isVisible);
        _bytes.AddRange(bytes);
        _bytes.AddRange(new byte[(extents * Extent) - bytes.Length]);
        return this;
    }

    /// <summary>Adds a volume that lies on a physical volume that is missing.</summary>
    public SampleGroup Missing(string name, int extents) =>
        Segment(name, extents, "striped", "stripe_count = 1\nstripes = [ \"pv1\", 0 ]");

    /// <summary>Adds a volume of one segment.</summary>
    public SampleGroup Segment(string name, int extents, string type, string settings, bool isVisible = true)
    {
        string status = isVisible ? "[ \"READ\", \"VISIBLE\" ]" : "[ \"READ\" ]";
        _volumes.Append($"{name} {{\nid = \"{name}\"\nstatus = {status}\nsegment_count = 1\nsegment1 {{\nstart_extent = 0\nextent_count = {extents}\ntype = \"{type}\"\n{settings}\n}}\n}}\n");
        return this;
    }

    /// <summary>The group as its text describes it.</summary>
    public VolumeGroup Read() => VolumeGroup.Read(ConfigurationText.Read(
        Encoding.UTF8.GetBytes($$"""
            contents = "Text Format Volume Group"
            version = 1
            vg {
            id = "vg"
            seqno = 1
            status = [ "RESIZEABLE" ]
            extent_size = {{Extent / 512}}
            physical_volumes {
            pv0 { id = "here" status = [ "ALLOCATABLE" ] pe_start = 0 pe_count = {{_bytes.Count / Extent}} }
            pv1 { id = "away" status = [ "ALLOCATABLE" ] pe_start = 0 pe_count = 1000 }
            }
            logical_volumes {
            {{_volumes}}
            }
            }
            """),
        place => place));

    /// <summary>Its volumes.</summary>
    public LogicalVolumes Volumes() => new(Read(), new Dictionary<string, BlockSource> { ["here"] = new MemorySource(_bytes.ToArray()) }, new OpenContext(new OptionList(), Warnings.Add));

    /// <summary>Opens what users see under the name of a volume.</summary>
    public BlockSource Open(string name)
    {
        LogicalVolumes volumes = Volumes();
        return volumes.Open(new ShownVolumes(volumes.Group).Of(volumes.Group.FindLogical(name)!));
    }
}

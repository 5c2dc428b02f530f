using System.Globalization;
using ImageFs.MountTests.Oracles;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>A mounted tree against what Linux's own isofs shows of the same image under the same options: every name, and all of it.</summary>
internal sealed class TreeTests
{
    private const string Utf8 = "iocharset=utf8";

    // Without Rock Ridge the names are Joliet's, whose character set is isofs's choice and ours unless it is named.
    private static readonly Dictionary<string, string[]> s_options = new()
    {
        ["sample"] = ["", $"norock,{Utf8}", "nojoliet", "norock,nojoliet"],
        ["rockridge"] =
        [
            "", "norock", "norock,map=o", "norock,map=a", "uid=1000,gid=1001,mode=0640,dmode=0750",
            "overriderockperm,mode=0640,dmode=0750", "overriderockperm,uid=1000,gid=1001",
        ],
        ["rockridge-joliet"] =
        [
            "", $"norock,{Utf8}", $"norock,check=s,{Utf8}", $"norock,check=r,{Utf8}", "norock,utf8", "norock,iocharset=iso8859-1",
            "nojoliet", "nojoliet,check=r", "norock,nojoliet", "norock,nojoliet,check=s", "norock,nojoliet,map=n", "norock,nojoliet,map=o",
            "norock,nojoliet,map=a", "norock,nojoliet,map=o,check=r",
        ],
        ["joliet-utf16"] = ["", $"norock,{Utf8}"],
        ["deep-genisoimage"] = ["", "norock"],
        ["deep-xorriso"] = ["", "norock"],
        ["level1"] =
        [
            "", "map=o", "map=a", "check=s", "check=r", "map=o,check=s", "uid=1000,gid=1001", "mode=0640,dmode=0750",
            "mode=0640,dmode=0750,overriderockperm", "cruft", "block=1024",
        ],
        ["level4"] = ["", "map=o", "map=a", "check=s", "nojoliet"],
        ["joliet"] = [Utf8, $"check=s,{Utf8}", $"check=r,{Utf8}", "nojoliet", "nojoliet,map=a"],
        ["hidden"] = ["", "hide", "unhide", "hide,showassoc"],
        ["associated"] = ["", "showassoc", "unhide", "hide,showassoc"],
        ["zisofs1"] = ["", "nocompress"],
        ["zisofs2"] = ["nocompress"],
        ["multisession"] = ["", "sbsector=32", "sbsector=96"],
        ["eltorito"] = ["", $"norock,{Utf8}"],
        ["isohybrid"] = [""],
        ["appended"] = [""],
        ["grub-rescue-cdrom"] = ["", $"norock,{Utf8}", "norock,nojoliet"],
        ["memtest86+ia32"] = ["", "norock,nojoliet"],
        ["memtest86+x64"] = ["", $"norock,{Utf8}"],
        ["ipxe"] = ["", "norock,nojoliet,map=a"],
    };

    private static IEnumerable<TestCaseData> Cases() =>
        s_options.SelectMany(image => image.Value.Select(options => new TestCaseData(image.Key, options)));

    [TestCaseSource(nameof(Cases))]
    public void The_tree_is_what_isofs_shows(string name, string options)
    {
        string image = TestImages.Get(name);
        TreeListing? expected = LinuxReader.List(image, options);
        Assert.That(expected, Is.Not.Null, "isofs does not mount it");
        using var mount = ImageMount.Mount(image, options);
        TreeListing listing = mount.List();
        Assert.That(listing.Select(TimesIn32Bits).DifferencesFrom(expected!.Select(TimesIn32Bits), Facts.All), Is.Empty);
    }

    // Until Linux 6.16 isofs counted seconds in 32 bits. That ours are right is a test of its own (NodeTests).
    private static TreeEntry TimesIn32Bits(TreeEntry entry) => entry with
    {
        Facts = entry.Facts.ToDictionary(fact => fact.Key, fact => fact.Key.EndsWith("time", StringComparison.Ordinal) ? In32Bits(fact.Value) : fact.Value),
    };

    private static string In32Bits(string time)
    {
        string[] parts = time.Split('.');
        return $"{unchecked((int)long.Parse(parts[0], CultureInfo.InvariantCulture))}.{parts[1]}";
    }

    [Test]
    public void Every_image_has_its_cases() =>
        Assert.That(TestImages.Names().Where(name => name != "longest-names" && !s_options.ContainsKey(name)), Is.Empty);
}

using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using ImageFs.Fuse;
using ImageFs.Fuse.Abi;
using ImageFs.Tests.Support;

namespace ImageFs.Tests.Fuse.Abi;

/// <summary>
/// The wire structures and numbers are those of linux/fuse.h. What the header of this machine is too old to have is not compared;
/// the sizes are, by numbers of 7.45.
/// </summary>
public sealed partial class WireAbiTests
{
    private const string Header = "/usr/include/linux/fuse.h";

    private static IEnumerable<Type> Structures =>
        typeof(FuseAttr).Assembly.GetTypes().Where(type => type is { Namespace: "ImageFs.Fuse.Abi", IsValueType: true, IsEnum: false, IsNested: false });

    [Test]
    public void Structures_are_as_in_the_header()
    {
        string header = ReadHeader();
        var assertions = new CAssertions("linux/fuse.h");
        foreach (Type type in Structures)
        {
            string name = ToCName(type.Name);
            Dictionary<string, string> fields = FieldsOf(header, name);
            if (fields.Count == 0)
            {
                TestContext.Out.WriteLine($"struct {name} is newer than {Header}");
                continue;
            }

            assertions.Equal($"sizeof(struct {name})", Marshal.SizeOf(type));
            foreach (System.Reflection.FieldInfo field in type.GetFields())
            {
                // What was carved out of unused space later leaves less of it.
                if (fields.TryGetValue(Normalize(field.Name), out string? cName) && cName != "unused")
                {
                    assertions.Equal($"offsetof(struct {name}, {cName})", (long)Marshal.OffsetOf(type, field.Name));
                    assertions.Equal($"sizeof(((struct {name} *)0)->{cName})", Marshal.SizeOf(field.FieldType));
                }
            }
        }

        assertions.Prove();
    }

    [Test]
    public void Every_field_is_in_the_header_unless_newer()
    {
        string header = ReadHeader();
        IEnumerable<string> unknown =
            from type in Structures
            let fields = FieldsOf(header, ToCName(type.Name))
            where fields.Count > 0
            from field in type.GetFields()
            where !fields.ContainsKey(Normalize(field.Name))
            select $"{type.Name}.{field.Name}";
        Assert.That(unknown, Is.SubsetOf(new[] { "FuseInitOut.MaxStackDepth", "FuseInitOut.RequestTimeout", "FuseOpenOut.BackingId" }));
    }

    [Test]
    public void Numbers_are_as_in_the_header()
    {
        string header = ReadHeader();
        var assertions = new CAssertions("stdint.h", "unistd.h", "sys/ioctl.h", "linux/fuse.h");
        foreach (FuseOpcode opcode in Enum.GetValues<FuseOpcode>().Where(opcode => opcode != FuseOpcode.None))
        {
            string name = opcode == FuseOpcode.Rename2 ? "FUSE_RENAME2" : ToCName($"Fuse{opcode}").ToUpperInvariant();
            if (Regex.IsMatch(header, $@"\b{name}\s*="))
            {
                assertions.Equal(name, (long)opcode);
            }
            else
            {
                Assert.That(opcode, Is.GreaterThan(FuseOpcode.Tmpfile), $"{name} is not in {Header}");
            }
        }

        foreach (FuseInitFlags flag in Enum.GetValues<FuseInitFlags>().Where(flag => flag != FuseInitFlags.None))
        {
            string name = ToCName($"Fuse{flag}").ToUpperInvariant();
            Assert.That(flag is FuseInitFlags.Passthrough or FuseInitFlags.AllowIdmap or FuseInitFlags.OverIoUring || header.Contains($"#define {name}", StringComparison.Ordinal), name);
            assertions.EqualIfDefined(name, (long)flag);
        }

        assertions.Equal("FUSE_KERNEL_VERSION", FuseProtocol.Major);
        assertions.Equal("FUSE_MIN_READ_BUFFER", FuseProtocol.MinReadBuffer);
        assertions.Equal("FUSE_DEV_IOC_CLONE", FuseProtocol.CloneDevice);
        assertions.Equal("_IOW(229, 1, char[16])", FuseProtocol.OpenBacking);
        assertions.Equal("_IOW(229, 2, uint32_t)", FuseProtocol.CloseBacking);
        assertions.Equal("FUSE_ROOT_ID", (long)FuseProtocol.RootId);
        assertions.Equal("SEEK_DATA", FuseProtocol.SeekData);
        assertions.Equal("SEEK_HOLE", FuseProtocol.SeekHole);
        assertions.Equal("FUSE_DIRENT_ALIGN(1)", FuseProtocol.DirentAlignment);
        assertions.Equal("_IOR('I', 0x46, char[16380])", FuseStatus.Request);
        assertions.Prove();
    }

    [TestCase("FuseInHeader", 40)]
    [TestCase("FuseOutHeader", 16)]
    [TestCase("FuseInitIn", 64)]
    [TestCase("FuseInitOut", 64)]
    [TestCase("FuseAttr", 88)]
    [TestCase("FuseEntryOut", 128)]
    [TestCase("FuseAttrOut", 104)]
    [TestCase("FuseReadIn", 40)]
    [TestCase("FuseKstatfs", 80)]
    [TestCase("FuseDirent", 24)]
    [TestCase("FuseDirentplus", 152)]
    [TestCase("FuseStatxIn", 24)]
    [TestCase("FuseSxTime", 16)]
    [TestCase("FuseStatx", 256)]
    [TestCase("FuseStatxOut", 288)]
    [TestCase("FuseOpenOut", 16)]
    [TestCase("FuseBackingMap", 16)]
    [TestCase("FuseUringCmdReq", 24)]
    [TestCase("FuseUringEntInOut", 32)]
    [TestCase("FuseUringReqHeader", 288)]
    public void Sizes_are_those_of_745(string name, int size) =>
        Assert.That(Marshal.SizeOf(Structures.Single(type => type.Name == name)), Is.EqualTo(size));

    [TestCase("FuseUringCmdReq", "CommitId", 8)]
    [TestCase("FuseUringCmdReq", "Qid", 16)]
    [TestCase("FuseUringEntInOut", "CommitId", 8)]
    [TestCase("FuseUringEntInOut", "PayloadSz", 16)]
    [TestCase("FuseUringReqHeader", "OpIn", 128)]
    [TestCase("FuseUringReqHeader", "RingEntInOut", 256)]
    public void Places_in_the_ring_are_those_of_745(string name, string field, int offset) =>
        Assert.That(Marshal.OffsetOf(Structures.Single(type => type.Name == name), field), Is.EqualTo((nint)offset));

    private static string ReadHeader()
    {
        if (!File.Exists(Header))
        {
            Assert.Fail($"no {Header}: apt install linux-libc-dev");
        }

        return File.ReadAllText(Header);
    }

    // "FuseInHeader" to "fuse_in_header", "FuseCopyFileRange64" to "fuse_copy_file_range_64".
    private static string ToCName(string name) => WordStart().Replace(name, "_").ToLowerInvariant();

    private static string Normalize(string field) => field.Replace("_", string.Empty, StringComparison.Ordinal).ToLowerInvariant();

    private static Dictionary<string, string> FieldsOf(string header, string structure)
    {
        Match body = Regex.Match(header, $@"struct {structure} {{(.*?)\n}};", RegexOptions.Singleline);
        return Field().Matches(Comment().Replace(body.Groups[1].Value, string.Empty))
            .Select(match => match.Groups[1].Value)
            .ToDictionary(Normalize);
    }

    [GeneratedRegex("(?<=[a-z])(?=[A-Z0-9])")]
    private static partial Regex WordStart();

    [GeneratedRegex(@"(\w+)\s*(\[\w*\])?;")]
    private static partial Regex Field();

    [GeneratedRegex(@"/\*.*?\*/", RegexOptions.Singleline)]
    private static partial Regex Comment();
}

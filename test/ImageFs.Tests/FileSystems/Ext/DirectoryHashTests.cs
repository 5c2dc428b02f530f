using System.Text;
using ImageFs.FileSystems.Ext.Directories;

namespace ImageFs.Tests.FileSystems.Ext;

/// <summary>What debugfs's <c>dx_hash</c> says of some names.</summary>
public sealed class DirectoryHashTests
{
    private static readonly byte[] s_seed = Convert.FromHexString("0123456789abcdef8123456789abcdef");
    private static readonly string s_long = new('x', 100);

    private static IEnumerable<TestCaseData> Vectors =>
    [
        new(DirectoryHashVersion.Legacy, "a", 0xE74B53E2u, 0u),
        new(DirectoryHashVersion.Legacy, "hello.txt", 0x65A05776u, 0u),
        new(DirectoryHashVersion.Legacy, "n1234-é", 0x4AC44DCEu, 0u),
        new(DirectoryHashVersion.Legacy, s_long, 0xF985A9F6u, 0u),
        new(DirectoryHashVersion.HalfMd4, "a", 0xECCA0106u, 0x96BA2D3u),
        new(DirectoryHashVersion.HalfMd4, "hello.txt", 0x53198B42u, 0xD6469397u),
        new(DirectoryHashVersion.HalfMd4, "n1234-é", 0xEE519DAEu, 0xC95AB912u),
        new(DirectoryHashVersion.HalfMd4, s_long, 0xB5A6D9D8u, 0x3CBA1045u),
    ];

    private static IEnumerable<TestCaseData> UnseededVectors =>
    [
        new(DirectoryHashVersion.Tea, "a", 0x6D0EA4C0u, 0xC18922DFu),
        new(DirectoryHashVersion.Tea, "hello.txt", 0x5107C3F2u, 0x3840CB7u),
        new(DirectoryHashVersion.Tea, "n1234-é", 0xA533DED2u, 0xCA719B1Bu),
        new(DirectoryHashVersion.Tea, s_long, 0x7353AB0Eu, 0xCECC2718u),
        new(DirectoryHashVersion.HalfMd4, "a", 0xD5FA7D7Au, 0xACB48187u),
        new(DirectoryHashVersion.HalfMd4, "n1234-é", 0x588E4632u, 0x97ACF4D0u),
        new(DirectoryHashVersion.HalfMd4, s_long, 0x23AA98ACu, 0x9A974DF1u),
    ];

    [TestCaseSource(nameof(Vectors))]
    public void The_hash_is_that_of_debugfs(object version, string name, uint hash, uint minor) =>
        Assert.That(Compute(new DirectoryHash(s_seed, false), version, name), Is.EqualTo((hash, minor)));

    [TestCaseSource(nameof(UnseededVectors))]
    public void Without_a_seed_one_that_all_know_counts(object version, string name, uint hash, uint minor) =>
        Assert.That(Compute(new DirectoryHash(new byte[16], false), version, name), Is.EqualTo((hash, minor)));

    [Test]
    public void Signed_and_unsigned_differ_beyond_ASCII_only()
    {
        var signed = new DirectoryHash(s_seed, false);
        var unsigned = new DirectoryHash(s_seed, true);
        foreach (DirectoryHashVersion version in new[] { DirectoryHashVersion.Legacy, DirectoryHashVersion.HalfMd4, DirectoryHashVersion.Tea })
        {
            Assert.That(Compute(signed, version, "name"), Is.EqualTo(Compute(unsigned, version, "name")));
            Assert.That(Compute(signed, version, "nämé"), Is.Not.EqualTo(Compute(unsigned, version, "nämé")));
            Assert.That(Compute(signed, version + 3, "nämé"), Is.EqualTo(Compute(unsigned, version, "nämé")));
        }
    }

    private static (uint Hash, uint Minor) Compute(DirectoryHash hash, object version, string name) =>
        (hash.Compute((byte)(DirectoryHashVersion)version, Encoding.UTF8.GetBytes(name), out uint minor), minor);
}

using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.Tests.Storage;

/// <summary>The wording of errors: what, where, and the clause.</summary>
public sealed class ImageExceptionTests
{
    [Test]
    public void A_feature_that_is_not_read_is_named_by_its_clause()
    {
        var error = new UnsupportedFeatureException("qcow2 with encryption", "qcow2: Header");
        Assert.That(error.Message, Is.EqualTo("not supported: qcow2 with encryption (qcow2: Header)"));
        Assert.That(error.Errno, Is.EqualTo(Errno.EOPNOTSUPP));
        Assert.That(new UnsupportedFeatureException("an empty image").Message, Is.EqualTo("not supported: an empty image"));
    }

    [Test]
    public void Damage_is_told_with_its_structure_and_place()
    {
        var error = new InvalidImageException("path table", 0x9800, "it runs past the end of the image", "ECMA-119 8.4.14");
        Assert.That(error.Message, Is.EqualTo("path table at 0x9800: it runs past the end of the image (ECMA-119 8.4.14)"));
        Assert.That(error.Errno, Is.EqualTo(Errno.EUCLEAN));
    }
}

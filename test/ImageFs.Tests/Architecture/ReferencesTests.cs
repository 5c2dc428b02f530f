using System.Reflection;

namespace ImageFs.Tests.Architecture;

/// <summary>References between the projects go one way (docs/design.md).</summary>
public sealed class ReferencesTests
{
    [TestCase("ImageFs.Linux", ExpectedResult = "")]
    [TestCase("ImageFs.Storage", ExpectedResult = "ImageFs.Linux")]
    [TestCase("ImageFs.Tree", ExpectedResult = "ImageFs.Linux ImageFs.Storage")]
    [TestCase("ImageFs.FileSystems", ExpectedResult = "ImageFs.Linux ImageFs.Storage ImageFs.Tree")]
    [TestCase("ImageFs.Fuse", ExpectedResult = "ImageFs.Linux ImageFs.Storage ImageFs.Tree")]
    [TestCase("ImageFs.Images", ExpectedResult = "ImageFs.FileSystems ImageFs.Linux ImageFs.Storage ImageFs.Tree")]
    [TestCase("ImageFs.Manifest", ExpectedResult = "ImageFs.Linux ImageFs.Storage ImageFs.Tree")]
    [TestCase("imagefs", ExpectedResult = "ImageFs.FileSystems ImageFs.Fuse ImageFs.Images ImageFs.Linux ImageFs.Manifest ImageFs.Storage ImageFs.Tree")]
    public string A_project_refers_only_to_those_below_it(string assembly) => string.Join(
        ' ',
        Assembly.Load(assembly).GetReferencedAssemblies()
            .Select(reference => reference.Name!)
            .Where(name => name.StartsWith("ImageFs", StringComparison.OrdinalIgnoreCase))
            .Order(StringComparer.Ordinal));

    [TestCase("ImageFs.Storage")]
    [TestCase("ImageFs.Tree")]
    [TestCase("ImageFs.FileSystems")]
    [TestCase("ImageFs.Images")]
    [TestCase("ImageFs.Manifest")]
    [TestCase("imagefs")]
    public void Only_Linux_and_Fuse_have_unsafe_code(string assembly)
    {
        // The compiler marks a module that was built with /unsafe.
        bool isMarked = Assembly.Load(assembly).Modules.Any(module =>
            module.CustomAttributes.Any(attribute => attribute.AttributeType.Name == "UnverifiableCodeAttribute"));
        Assert.That(isMarked, Is.False);
    }

    [TestCase("ImageFs.Storage")]
    [TestCase("ImageFs.Tree")]
    [TestCase("ImageFs.FileSystems")]
    [TestCase("ImageFs.Fuse")]
    [TestCase("ImageFs.Images")]
    [TestCase("ImageFs.Manifest")]
    [TestCase("imagefs")]
    public void Only_Linux_calls_the_C_library(string assembly)
    {
        const BindingFlags All = BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
        IEnumerable<string> imports = Assembly.Load(assembly).GetTypes()
            .SelectMany(type => type.GetMethods(All))
            .Where(method => method.Attributes.HasFlag(MethodAttributes.PinvokeImpl))
            .Select(method => $"{method.DeclaringType}.{method.Name}");
        Assert.That(imports, Is.Empty);
        Assert.That(Assembly.Load(assembly).GetReferencedAssemblies().Select(reference => reference.Name), Does.Not.Contain("Tmds.LibC"));
    }
}

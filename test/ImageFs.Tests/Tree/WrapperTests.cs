using System.Reflection;
using ImageFs.FileSystems;
using ImageFs.Images.Library;
using ImageFs.Tree;

namespace ImageFs.Tests.Tree;

/// <summary>A tree that shows others has an answer of its own to everything that a tree can be asked: a default would hide what they say.</summary>
public sealed class WrapperTests
{
    private static readonly Assembly[] s_assemblies = [typeof(FileSystem).Assembly, typeof(FileSystemFormat).Assembly, typeof(ImageLibrary).Assembly];

    [TestCaseSource(nameof(Wrappers))]
    public void A_wrapper_answers_every_member(Type wrapper)
    {
        // The overloads that a member has are told apart by their parameters.
        IEnumerable<string> forgotten = wrapper.GetMethods(BindingFlags.Instance | BindingFlags.Public)
            .Where(method => method.GetBaseDefinition().DeclaringType == typeof(FileSystem) && method.DeclaringType == typeof(FileSystem))
            .Where(method => method.IsVirtual)
            .Select(method => method.ToString()!);
        Assert.That(forgotten, Is.Empty);
    }

    [Test]
    public void The_wrappers_are_found() => Assert.That(Wrappers(), Does.Contain(typeof(VolumeTree)).And.Contain(typeof(ImageLibrary)).And.Contain(typeof(ForwardingFileSystem)));

    // Who is made of file systems; and the library, which opens its own.
    private static IEnumerable<Type> Wrappers() => s_assemblies.SelectMany(assembly => assembly.GetTypes())
        .Where(type => type.IsSubclassOf(typeof(FileSystem)) && (type == typeof(ImageLibrary) || type.GetConstructors(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
            .Any(constructor => constructor.GetParameters().Any(parameter => parameter.ParameterType == typeof(FileSystem) || parameter.ParameterType.ToString().Contains(typeof(FileSystem).FullName + "]", StringComparison.Ordinal)))));
}

using System.Reflection;
using ImageFs.FileSystems;

namespace ImageFs.Tests.FileSystems;

/// <summary>What the options say of owners and permissions, over any format.</summary>
public sealed class OwnedFileSystemTest
{
    [Test]
    public void Nothing_of_the_file_system_is_left_out()
    {
        string[] forgotten =
        [
            .. from method in typeof(FileSystem).GetMethods(BindingFlags.Instance | BindingFlags.Public | BindingFlags.DeclaredOnly)
               where method.IsVirtual && !method.IsFinal
               let own = typeof(OwnedFileSystem).GetMethod(method.Name, [.. method.GetParameters().Select(parameter => parameter.ParameterType)])
               where own?.DeclaringType != typeof(OwnedFileSystem)
               select method.Name,
        ];
        Assert.That(forgotten, Is.Empty);
    }
}

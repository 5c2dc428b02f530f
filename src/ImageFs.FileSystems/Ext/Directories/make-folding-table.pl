#!/usr/bin/env perl
# make-folding-table.pl >FoldingTable.cs
# Makes the table of CaseFolding anew from the Unicode data of perl itself: what Linux's fs/unicode maps each character to (NFDICF of
# Unicode 12.1), and the combining classes that put marks in order. Characters that are newer stay as they are, as for Linux.
use strict;
use warnings;
use feature qw(fc unicode_strings);
use Unicode::Normalize qw(NFD getCanon getCombinClass);

my (@mapped, @classes);
for my $code (0x80 .. 0x10FFFF) {
    next if $code >= 0xD800 && $code <= 0xDFFF || $code >= 0xAC00 && $code <= 0xD7A3;
    my $char = chr $code;
    next unless $char =~ /\p{Present_In: 12.1}/ || is_ignorable($char);
    my $to = map_whole($char);
    push @mapped, [$code, map { ord } split //, $to] if $to ne $char && !is_ignorable($char);
    push @classes, [$code, getCombinClass($code)] if getCombinClass($code);
}

# Until nothing changes: a folded letter may decompose, and what it decomposes to may fold.
sub map_whole {
    my ($text) = @_;
    while (1) {
        my $next = join '', map { is_ignorable($_) ? '' : fc($_) ne $_ ? fc($_) : getCanon(ord $_) // $_ } split //, $text;
        return $text if $next eq $text;
        $text = $next;
    }
}

# U+180F has come later.
sub is_ignorable { $_[0] =~ /\p{Default_Ignorable_Code_Point}/ && $_[0] ne "\x{180F}" }

sub ranges {
    my @ranges;
    for my $item (@_) {
        my ($code, $value) = @$item;
        if (@ranges && $ranges[-1][1] == $code - 1 && $ranges[-1][2] == $value) { $ranges[-1][1] = $code }
        else { push @ranges, [$code, $code, $value] }
    }
    return map { sprintf '%X-%X %d', @$_ } @ranges;
}

sub wrapped {
    my $text = '';
    my $line = '        ';
    for my $item (map { "$_;" } @_) {
        if (length($line) + length($item) > 160) { $text .= "$line\n"; $line = '        ' }
        $line .= $item;
    }
    return "$text$line\n";
}

my @ignorable = ranges(map { [$_, 0] } grep { is_ignorable(chr $_) } 0x80 .. 0xD7FF, 0xE000 .. 0x10FFFF);
print <<"END" =~ s/\n\n\z/\n/r;
// Made by make-folding-table.pl: not to be changed by hand.
namespace ImageFs.FileSystems.Ext.Directories;

/// <summary>What Linux folds characters to in directories with casefold (fs/unicode, Unicode 12.1), in hexadecimal.</summary>
internal static class FoldingTable
{
    /// <summary>Each character that is not folded to itself, and what it is folded to; letters of ASCII are not among them.</summary>
    public static ReadOnlySpan<byte> Folded =>
        """
@{[wrapped(map { join ' ', map { sprintf '%X', $_ } @$_ } @mapped) =~ s/\n\z//r]}
        """u8;

    /// <summary>First and last of the characters that are left out, and 0.</summary>
    public static ReadOnlySpan<byte> Ignored =>
        """
@{[wrapped(@ignorable) =~ s/\n\z//r]}
        """u8;

    /// <summary>First and last of the characters that have a combining class, and the class in decimal.</summary>
    public static ReadOnlySpan<byte> Classes =>
        """
@{[wrapped(ranges(@classes)) =~ s/\n\z//r]}
        """u8;
}
END
